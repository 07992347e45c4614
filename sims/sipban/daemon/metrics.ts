/** Figures for Prometheus (text exposition format 0.0.4), on loopback only. */

const BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.5, 2];

/** How long something took, in buckets. */
export class Histogram {
  readonly #counts = BUCKETS_S.map(() => 0);
  #count = 0;
  #sum = 0;

  add(seconds: number): void {
    this.#count++;
    this.#sum += seconds;
    BUCKETS_S.forEach((bound, i) => {
      if (seconds <= bound) this.#counts[i]!++;
    });
  }

  lines(name: string): string[] {
    return [
      ...BUCKETS_S.map((bound, i) => `${name}_bucket{le="${bound}"} ${this.#counts[i]}`),
      `${name}_bucket{le="+Inf"} ${this.#count}`,
      `${name}_sum ${this.#sum}`,
      `${name}_count ${this.#count}`,
    ];
  }
}

export interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  /** Values by their labels: `{interface="eth0"}`, or "". */
  readonly values: Readonly<Record<string, number>> | Histogram;
}

export function exposition(families: readonly Family[]): string {
  return families.flatMap(({ name, type, help, values }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...values instanceof Histogram
      ? values.lines(name)
      : Object.entries(values).map(([labels, value]) => `${name}${labels} ${value}`),
  ]).join("\n") + "\n";
}

export function label(name: string, value: string): string {
  return `{${name}="${value.replace(/[\\"\n]/g, "_")}"}`;
}

/** @param at "127.0.0.1:9117" */
export function serveMetrics(at: string, text: () => Promise<string>): Deno.HttpServer {
  const [, hostname, port] = /^\[?(.*?)\]?:(\d+)$/.exec(at)!;
  const headers = { "content-type": "text/plain; version=0.0.4" };
  try {
    return Deno.serve(
      { hostname: hostname!, port: Number(port), onListen() {} },
      async (request) => {
        if (new URL(request.url).pathname !== "/metrics") return new Response("", { status: 404 });
        return new Response(await text(), { headers });
      },
    );
  } catch (error) {
    throw new Error(
      `Cannot serve metrics at "${at}": ${(error as Error).message}; give another port, or off`,
      { cause: error },
    );
  }
}
