/**
 * Processes that do one piece of work together: on one machine or many, by the MPI that started them.
 * Each has a rank; numbers are added up over all, bytes go from the first to the others, and what one finds wrong ends all with its words.
 * A process by itself is a team of one, so that whoever uses it need not ask.
 *
 * @module
 */
export { takeOwnCores } from "./cores.ts";
export * from "./mpi.ts";
export * from "./team.ts";
