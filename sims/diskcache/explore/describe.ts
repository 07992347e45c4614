/** A failure of the model as people are told of it. */
import { formatLog } from "hil/explore/mod.ts";
import { formatLoad, type LoadOperation } from "../load.ts";
import { describe } from "../proof/mod.ts";
import type { ModelFailure } from "./explore_model.ts";

/** What is wrong, what each client did, and the two lines that bring it back. */
export function describeFailure({ wrong, load, log }: ModelFailure): string {
  const { violation } = wrong;
  const loud = log.decisions.filter((way) => way > 0).length;
  return [
    `${wrong.promise} does not hold: ${wrong.what}`,
    `  seed ${log.seed} by ${log.strategy}: ${loud} of ${log.decisions.length} decisions not quiet`,
    ...load.clients.flatMap((operations, client) =>
      operations.length ? [`  client ${client}: ${operations.map(operationText).join(", ")}`] : []
    ),
    ...(violation ? [describe(violation, { position: (at) => `event ${at}` })] : []),
    `  load: ${formatLoad(load)}`,
    `  log: ${formatLog(log)}`,
  ].join("\n");
}

function operationText({ kind, drive, lba }: LoadOperation): string {
  return kind === "sync" ? "sync" : `${kind} ${drive}:${lba}`;
}
