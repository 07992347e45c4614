/** An event in words: one line for the list, all of it for who looks closer. */
import type { ShownEvent } from "../model.ts";
import { callValue, compactJson, durationText, momentText, numberText, visible } from "./format.ts";
import { laneName, type Tone } from "./lanes.ts";
import { hexDump, packetOf } from "./packets.ts";

export interface EventText {
  readonly lane: string;
  readonly text: string;
  readonly tone: Tone;
}

export function eventText(event: ShownEvent): EventText {
  const lane = laneName(event);
  switch (event.type) {
    case "bytes": {
      const text = event.text === undefined ? binaryText(event) : visible(event.text);
      return { lane, text, tone: event.dir === "rx" ? "heard" : "said" };
    }
    case "signal": {
      const sip = sipText(event.data);
      if (sip !== undefined) return { lane, text: sip, tone: "plain" };
      const packet = packetOf(event.data);
      const said = packet
        ? `${packet.from} → ${packet.to}  ${packet.what}`
        : compactJson(event.data);
      return { lane, text: said ? `${event.kind}  ${said}` : event.kind, tone: "plain" };
    }
    case "step.begin":
      return { lane: "step", text: `▸ ${event.name}`, tone: "plain" };
    case "step.end":
      return {
        lane: "step",
        text: event.ok ? "◂ step done" : `◂ step failed: ${event.error ?? ""}`,
        tone: event.ok ? "dim" : "bad",
      };
    case "expect": {
      const detail = event.detail ? `: ${event.detail}` : "";
      const text = `${event.ok ? "✓" : "✗"} ${event.what}${detail}`;
      return { lane: "expect", text, tone: event.ok ? "good" : "bad" };
    }
    case "measure": {
      const tone = event.verdict === "pass" ? "good" : event.verdict === "fail" ? "bad" : "warn";
      return { lane, text: `${event.name} = ${numberText(event.value)} ${event.unit}`, tone };
    }
    case "call": {
      const name = [event.on, event.method].filter(Boolean).join(".");
      const args = event.args.map(callValue).join(", ");
      return {
        lane,
        text: `${event.back ? "← " : ""}${name}(${args})  #${event.id}`,
        tone: "said",
      };
    }
    case "return": {
      const { error, id } = event;
      if (error) return { lane, text: `#${id} threw ${error.name}: ${error.message}`, tone: "bad" };
      return {
        lane,
        text: `#${id} = ${event.value === undefined ? "nothing" : callValue(event.value)}`,
        tone: "heard",
      };
    }
    case "get":
      return {
        lane,
        text: event.on
          ? `${event.on}.${event.name} = ${callValue(event.value)}`
          : `the scenario has "${event.name}"`,
        tone: "dim",
      };
    case "log": {
      const tone = event.level === "error" ? "bad" : event.level === "warn" ? "warn" : "dim";
      return { lane, text: event.text, tone };
    }
    case "attachment":
      return { lane, text: `${event.title} (${event.path})`, tone: "plain" };
    case "end": {
      const why = event.error ? `: ${event.error.message.split("\n", 1)[0]}` : "";
      return {
        lane: "end",
        text: event.outcome + why,
        tone: event.outcome === "failed" ? "bad" : "good",
      };
    }
  }
}

/** Of a message that a PBX has heard ("in") or said. */
function sipText(data: unknown): string | undefined {
  if (typeof data !== "object" || data === null || !("firstLine" in data)) return undefined;
  const { direction, peer, protocol, firstLine } = data as Record<string, unknown>;
  return `${direction === "in" ? "from" : "to"} ${peer} ${protocol ?? ""}  ${firstLine}`;
}

function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

function binaryText({ base64 = "", cut = 0 }: ShownEvent & { base64?: string }): string {
  const bytes = bytesOf(base64);
  const hex = [...bytes.subarray(0, 24)].map((byte) => byte.toString(16).padStart(2, "0")).join(
    " ",
  );
  return `${bytes.length + cut} bytes: ${hex}${bytes.length > 24 || cut > 0 ? " …" : ""}`;
}

/** Everything about an event, for the inspector. */
export function wholeText(event: ShownEvent): string {
  const { t, until, seq, cut } = event;
  const lines = [`event ${seq} at ${momentText(t, 1)} s`];
  if (until !== undefined) {
    lines.push(`until ${momentText(until, 1)} s (${durationText(until - t)})`);
  }
  if (event.clock !== undefined) lines.push(`by the clock ${event.clock}`);
  if (cut !== undefined) lines.push(`${cut} bytes more in the trace`);
  lines.push("", bodyText(event));
  return lines.join("\n");
}

function bodyText(event: ShownEvent): string {
  if (event.type === "bytes") {
    const bytes = event.base64 === undefined
      ? new TextEncoder().encode(event.text)
      : bytesOf(event.base64);
    return [`${event.channel} ${event.dir}`, event.text ?? "", "", hexDump(bytes)].join("\n");
  }
  const packet = event.type === "signal" ? packetOf(event.data) : undefined;
  if (packet && event.type === "signal") {
    const { frame: _, ...rest } = event.data as Record<string, unknown>;
    const head = `${event.channel} ${event.kind}\n${packet.from} → ${packet.to}\n${packet.what}`;
    const more = Object.keys(rest).length > 0 ? `\n${JSON.stringify(rest, null, 2)}` : "";
    return `${head}${more}\n\n${hexDump(packet.bytes)}`;
  }
  const { seq: _seq, t: _t, until: _until, cut: _cut, clock: _clock, ...rest } = event;
  if (event.type === "log") return event.text;
  if (event.type === "end" && event.error) return `${event.outcome}\n${event.error.message}`;
  return JSON.stringify(rest, null, 2);
}
