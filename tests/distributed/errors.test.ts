// What a user reads when a run cannot be joined: one sentence each.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { ended, findInstalled, rankCommand } from "./launchers.ts";

/** Runs one rank without a launcher. */
async function alone(permissions: string[], env: Record<string, string> = {}): Promise<string> {
  const [program, ...args] = rankCommand({ permissions });
  const options = { env: { NO_COLOR: "1", ...env }, stdin: "null" } as const;
  const command = new Deno.Command(program, {
    ...{ args, stdout: "piped", stderr: "piped" },
    ...options,
  });
  const { code, out, err } = await ended(command.spawn());
  assertEquals([code, out], [1, ""]);
  return err;
}

Deno.test("a library that is not there is named, with what the system says", async () => {
  assertEquals(
    await alone(["-A"], { TOWER_MPI_LIBRARY: "/nowhere/libmpi.so" }),
    "MpiError: Cannot load the MPI library that TOWER_MPI_LIBRARY names: /nowhere/libmpi.so: " +
      "cannot open shared object file: No such file or directory\n",
  );
});

Deno.test("without --allow-ffi the permission is named", async () => {
  assertEquals(
    await alone(["--allow-env"]),
    "MpiError: Cannot load an MPI library: needs the permission --allow-ffi; add it to this command, " +
      "or --allow-ffi=FILE, where TOWER_MPI_LIBRARY is the whole path of that file\n",
  );
});

Deno.test({
  name: "a library that is not MPI's is refused",
  ignore: Deno.build.os !== "linux",
  fn: async () =>
    assertEquals(
      await alone(["-A"], { TOWER_MPI_LIBRARY: "libm.so.6" }),
      "MpiError: Cannot use libm.so.6: needs an MPI library, version 3 or later\n",
    ),
});

for (const name of ["Open MPI", "MPICH"] as const) {
  const there = findInstalled(name) && Deno.build.os === "linux";
  Deno.test({
    name: there
      ? `${name}: a process that no launcher started is told how to start`
      : `${name} is not installed, so not tested: a process that no launcher started`,
    ignore: !there,
    fn: async () => {
      const library = name === "MPICH" ? "libmpich.so.12" : "libmpi.so.40";
      assertEquals(
        await alone(["-A"], { TOWER_MPI_LIBRARY: library }),
        "LaunchError: Cannot join a distributed run: no MPI launcher started this process; " +
          "start it with mpirun -n 4 deno run …, mpiexec or srun\n",
      );
    },
  });
}

const compiler = await new Deno.Command("cc", { args: ["--version"], stdout: "null" }).output()
  .catch(() => undefined);

Deno.test({
  name: compiler
    ? "libraries that are too old or of another kind are refused, with what they say"
    : "there is no C compiler, so not tested: libraries that are too old or of another kind",
  ignore: !compiler,
  fn: async () => {
    const dir = await Deno.makeTempDir();
    try {
      // such libraries can no longer be installed, so this answers as they would
      const library = async (name: string, version: number) => {
        const file = join(dir, `libmpi${version}.so`);
        const source = join(dir, "mpi.c");
        await Deno.writeTextFile(
          source,
          `#include <string.h>
          int MPI_Get_version(int *v, int *s) { *v = ${version}; *s = 2; return 0; }
          int MPI_Get_library_version(char *text, int *length) {
            strcpy(text, "${name}"); *length = strlen(text); return 0;
          }`,
        );
        const { success } = await new Deno.Command("cc", {
          args: ["-shared", "-fPIC", "-o", file, source],
        }).output();
        assertEquals(success, true);
        return file;
      };
      const old = await library("MPICH 1.2", 2);
      assertEquals(
        await alone(["-A"], { TOWER_MPI_LIBRARY: old }),
        `MpiError: Cannot use MPICH 1.2 (${old}): needs MPI 3 or later, got MPI 2.2\n`,
      );
      const other = await library("Some MPI 7", 3);
      assertStringIncludes(
        await alone(["-A"], { TOWER_MPI_LIBRARY: other }),
        `MpiError: Cannot use Some MPI 7 (${other}): needs Open MPI, or MPICH or one of its kin; `,
      );
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});
