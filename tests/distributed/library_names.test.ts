import { assertEquals } from "@std/assert";
import { findLauncher } from "../../lib/distributed/launcher.ts";
import { libraryNames } from "../../lib/distributed/library_names.ts";
import { libraryName } from "../../lib/distributed/mpi_library.ts";

const environment = (variables: Record<string, string>) => (name: string) => variables[name];

Deno.test("the launcher is the innermost one, and says how many ranks it started", () => {
  assertEquals(findLauncher(environment({})), undefined);
  const inside = environment({ OMPI_COMM_WORLD_SIZE: "4", SLURM_STEP_NUM_TASKS: "2" });
  assertEquals(findLauncher(inside), { name: "mpirun", library: "Open MPI", size: 4 });
  const step = environment({ SLURM_STEP_NUM_TASKS: "2", PMIX_RANK: "0" });
  assertEquals(findLauncher(step), { name: "srun", size: 2 });
  assertEquals(findLauncher(environment({ PMIX_RANK: "0" })), { name: "a PMIx launcher" });
});

Deno.test("the launcher's own library is looked for first", () => {
  const mpiexec = environment({ PMI_SIZE: "2" });
  const [openMpi, mpich] = [["libmpi.so.40"], ["libmpich.so.12", "libmpi.so.12"]];
  assertEquals(libraryNames(mpiexec, "linux"), [...mpich, ...openMpi, "libmpi.so"]);
  const mpirun = environment({ OMPI_COMM_WORLD_SIZE: "2" });
  assertEquals(libraryNames(mpirun, "linux"), [...openMpi, ...mpich, "libmpi.so"]);
});

Deno.test("TOWER_MPI_LIBRARY names the only one", () => {
  const env = environment({ TOWER_MPI_LIBRARY: "/opt/mpi.so", MPI_HOME: "/usr/mpi" });
  assertEquals(libraryNames(env, "linux"), ["/opt/mpi.so"]);
});

Deno.test("where the environment says that MPI is installed comes before the loader's folders", () => {
  const names = libraryNames(environment({ I_MPI_ROOT: "/opt/intel", PMI_SIZE: "2" }), "linux");
  assertEquals(names.slice(3, 6), [
    "/opt/intel/lib/libmpi.so.12",
    "/opt/intel/lib/release/libmpi.so.12",
    "libmpi.so.12",
  ]);
});

Deno.test("on macOS Homebrew's folders are searched", () => {
  assertEquals(libraryNames(environment({}), "darwin").slice(0, 3), [
    "/opt/homebrew/lib/libmpi.40.dylib",
    "/usr/local/lib/libmpi.40.dylib",
    "libmpi.40.dylib",
  ]);
});

Deno.test("a library's name is the first thing it says", () => {
  const names = [
    "Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4, repo rev: v4.1.4, May 26, 2022\0",
    "MPICH Version:\t4.0.2\nMPICH Release date:\tThu Apr  7 12:34:45 CDT 2022\n",
    "MVAPICH2 Version      :\t2.3.7\nMVAPICH2 Release date : Wed March 02\n",
    "Intel(R) MPI Library 2021.10 for Linux* OS\n",
  ];
  assertEquals(names.map(libraryName), [
    "Open MPI v4.1.4",
    "MPICH 4.0.2",
    "MVAPICH2 2.3.7",
    "Intel(R) MPI Library 2021.10 for Linux* OS",
  ]);
});
