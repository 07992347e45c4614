/** The event log that every report, export, expectation and replay reads. */
export {
  formatEntry,
  formatSuperBlock,
  type LogEntry,
  LogFlag,
  loggedBy,
  markOf,
  WRITE_LOG_MAGIC,
  WRITE_LOG_VERSION,
} from "./dm_log_writes.ts";
export { codeOf, TraceReadError, type TraceReadReason, TraceWriteError } from "./error.ts";
export { readEnd, type TraceEnd } from "./end.ts";
export * from "./event.ts";
export { TraceFollower } from "./follow.ts";
export { traceHash } from "./hash.ts";
export { PartOfSignal } from "./part.ts";
export { type ReadOptions, readTrace, Trace, type TraceProblem } from "./reader.ts";
export { onReading, type ReadingListener, tellReading } from "./reading.ts";
export { type StepSummary, summarize, type TraceSummary } from "./summary.ts";
export { Timeline } from "./timeline.ts";
export type {
  Diagnosis,
  Mark,
  Occurrence,
  Signal,
  SignalOptions,
  SignalSource,
  TraceSink,
} from "./timeline.ts";
export {
  formatPcapng,
  type Packet,
  type PacketData,
  packetsOf,
  PcapngFormat,
  type PcapngOptions,
} from "./pcapng.ts";
export { PerfettoFormat } from "./perfetto.ts";
export { PlainLog } from "./plain_log.ts";
export { toVcd, VcdFormat, type VcdOptions } from "./vcd.ts";
export { type TraceFile, TraceWriter } from "./writer.ts";
