/** Two software adapters, made from one driver by naming its manifest twice. */

const folder = "/usr/share/vulkan/icd.d";

/** The manifest of Mesa's software driver, where it is installed. */
export const softwareManifest: string | undefined = find();

function find(): string | undefined {
  if (Deno.build.os !== "linux") return undefined;
  try {
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    const name = names.find((name) => name.startsWith("lvp_icd"));
    return name && `${folder}/${name}`;
  } catch {
    return undefined;
  }
}

/** Copies the manifest twice into a folder; gives the environment that names both. */
export async function twoAdapters(dir: string): Promise<Record<string, string>> {
  const manifests = ["first.json", "second.json"].map((name) => `${dir}/${name}`);
  for (const manifest of manifests) await Deno.copyFile(softwareManifest!, manifest);
  return { VK_DRIVER_FILES: manifests.join(":") };
}
