/**
 * What the drivers read from the process's environment.
 *
 * @module
 */

/** What is used of Deno, which browsers do not have. */
interface Runtime {
  readonly build: { readonly os: string };
  readonly permissions: {
    querySync(descriptor: { name: "env"; variable: string }): { readonly state: string };
  };
  readonly env: {
    get(variable: string): string | undefined;
    set(variable: string, value: string): void;
    delete(variable: string): void;
  };
}

const runtime = (globalThis as unknown as { readonly Deno?: Runtime }).Deno;

/**
 * Looks for adapters in an environment in which, on Linux, the search ends well. Variables that are set
 * stay, and without the permission to set them nothing is done.
 *
 * Without a Vulkan driver the search would end at OpenGL, which looks like an adapter and lacks most
 * of what is needed. And drivers complain of a missing directory for sockets that nobody here opens.
 */
export async function inDriverEnvironment<T>(search: () => Promise<T>): Promise<T> {
  if (runtime?.build.os !== "linux") return await search();
  const set = [
    setUnlessSet("DENO_WEBGPU_BACKEND", "vulkan"),
    setUnlessSet("XDG_RUNTIME_DIR", "/tmp"),
  ];
  try {
    return await search();
  } finally {
    for (const variable of set) if (variable) runtime.env.delete(variable);
  }
}

/** The variable's name, if it was set. */
function setUnlessSet(variable: string, value: string): string | undefined {
  const { state } = runtime!.permissions.querySync({ name: "env", variable });
  if (state !== "granted" || runtime!.env.get(variable)) return undefined;
  runtime!.env.set(variable, value);
  return variable;
}
