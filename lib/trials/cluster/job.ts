/** What goes to a cluster for a trial, and what comes back meanwhile. */
import type { FitProgress } from "../../evaluation/mod.ts";
import type { EvaluationRecord, StepRecord, TrainingPlan } from "../../training/mod.ts";
import type { Trial } from "../trial.ts";

/** A trial and what it must find where it runs. Its songs go by a file of their own: trials of the same songs share it. */
export interface Job {
  trial: Omit<Trial, "sides">;
  /** Of the project's code. */
  version: string;
  /** Everything that decides the predictions, files of models included. */
  identity: string;
  /** Where a training keeps its checkpoints, and the file there that says so if the disk is shared. */
  folder: { path: string; mark: DiskMark } | null;
}

/** A file by which a worker sees whether its disk is that of the process that the trials come from. */
export interface DiskMark {
  path: string;
  contents: string;
}

/** A line that a worker prints. */
export type Said =
  | { start: TrainingPlan }
  | { step: StepRecord }
  | { evaluation: EvaluationRecord }
  | { note: string }
  | { fit: FitProgress };
