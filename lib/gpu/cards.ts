/**
 * The graphics cards of a machine with Linux that this process may open.
 *
 * The PCI bus lists all cards of the machine, in a container too, which may have been given some of them
 * only: those whose device files are there.
 *
 * @module
 */

/** A graphics card as the PCI bus lists it. */
export interface Card {
  /** Its address, such as `0000:49:00.0`. */
  readonly address: string;
  /** Its vendor and model, such as `10de:2330`. */
  readonly model: string;
}

/** Vendors whose display controllers are Vulkan adapters; servers have others, for their consoles. */
const vendors = ["10de", /* NVIDIA */ "1002", /* AMD */ "8086" /* Intel */];

/**
 * The cards that this process may open, or nothing if they may not be listed.
 *
 * @param root where the file system begins, for tests
 */
export function listCards(root: string = ""): Card[] | undefined {
  const pci = `${root}/sys/bus/pci/devices`;
  const read = (address: string, what: string) =>
    Deno.readTextFileSync(`${pci}/${address}/${what}`).trim().replace("0x", "");
  try {
    return listFolder(pci)
      .filter((address) => read(address, "class").startsWith("03"))
      .map((address) => ({
        address,
        model: `${read(address, "vendor")}:${read(address, "device")}`,
      }))
      .filter(({ model }) => vendors.includes(model.split(":")[0]))
      .filter(({ address }) => deviceFiles(address, root).some(opens));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/** The names in a folder by order, none if there is no such folder, or only others may look into it. */
export function listFolder(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  } catch (error) {
    const { NotFound, PermissionDenied } = Deno.errors;
    if (error instanceof NotFound || error instanceof PermissionDenied) return [];
    throw error;
  }
}

/** The files by which a card's driver is spoken to: NVIDIA's own, and that of the kernel's interface. */
function deviceFiles(address: string, root: string): string[] {
  const render = listFolder(`${root}/sys/bus/pci/devices/${address}/drm`)
    .filter((name) => name.startsWith("renderD"))
    .map((name) => `${root}/dev/dri/${name}`);
  const nvidia = `${root}/proc/driver/nvidia/gpus`;
  if (!listFolder(nvidia).includes(address)) return render;
  const [, minor] =
    Deno.readTextFileSync(`${nvidia}/${address}/information`).match(/^Device Minor:\s*(\d+)/m) ??
      [];
  return minor === undefined ? render : [...render, `${root}/dev/nvidia${minor}`];
}

function opens(path: string): boolean {
  try {
    Deno.openSync(path, { read: true, write: true }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}
