/**
 * What the drivers read from the process's environment.
 *
 * @module
 */

/**
 * Sets, on Linux, what makes the search for adapters end well; call it before the first search.
 * Variables that are set stay, and without the permission to set them nothing is done.
 *
 * Without a Vulkan driver the search would end at OpenGL, which looks like an adapter and lacks most
 * of what is needed. And drivers complain of a missing directory for sockets that nobody here opens.
 */
export function prepareEnvironment(): void {
  if (Deno.build.os !== "linux") return;
  setUnlessSet("DENO_WEBGPU_BACKEND", "vulkan");
  setUnlessSet("XDG_RUNTIME_DIR", "/tmp");
}

function setUnlessSet(variable: string, value: string): void {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  if (state === "granted" && !Deno.env.get(variable)) Deno.env.set(variable, value);
}
