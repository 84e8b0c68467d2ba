/** A worker process of `mainframe validate`: computes the rows of the case it is sent. */
import { serveJobs } from '../../scenarios/sweep/pool.ts';
import type { ValidationRow } from '../../scenarios/validation/case.ts';
import { VALIDATION_CASES } from '../../scenarios/validation/index.ts';

export interface ValidationJob {
  /** Position in VALIDATION_CASES. */
  index: number;
  dataFolder?: string;
  vectorsFolder?: string;
}

serveJobs<ValidationJob, ValidationRow[]>(({ index, dataFolder, vectorsFolder }) =>
  VALIDATION_CASES[index]!.run({ dataFolder, vectorsFolder }),
);
