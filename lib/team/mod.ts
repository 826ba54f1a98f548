/**
 * Processes that do one piece of work together: on one machine or many, by the MPI that started them.
 *
 * @module
 */
export { takeOwnCores } from "./cores.ts";
export { joinTeam, launchedRank, launchedSize, libraryVariable } from "./mpi.ts";
export { agreed, agreedNumber, alone, firstBeforeOthers, SharedError, shareOf, type Team } from "./team.ts";
