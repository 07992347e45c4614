/**
 * Snapshots of a running machine in a side file that the guest does not see, so that the guest's
 * disks need no support for them (QMP jobs snapshot-save and snapshot-load).
 */
import type { Signal } from "../../trace/mod.ts";
import { QemuError } from "./error.ts";
import type { QmpClient } from "./qmp.ts";

type Events = Signal<Readonly<Record<string, unknown>>>;

/** The file grows with what is saved; this is only its disk's size as qcow2 wants one. */
const SIDE_SIZE = 1 << 20;

export class Snapshots {
  #side: Promise<void> | undefined;
  #job = 0;
  readonly #names = new Set<string>();

  constructor(
    private readonly qmp: QmpClient,
    private readonly events: Events,
    private readonly file: string,
  ) {}

  async save(name: string): Promise<void> {
    await (this.#side ??= this.#makeSide());
    await this.#run("snapshot-save", { tag: name, vmstate: "side", devices: ["side"] });
    this.#names.add(name);
  }

  async load(name: string): Promise<void> {
    // QEMU would find that out too, and leave the guest stopped.
    if (!this.#names.has(name)) {
      const saved = [...this.#names].join(", ") || "none";
      throw new QemuError(
        `Cannot load the snapshot "${name}": saved are ${saved}; call snapshotSave before`,
      );
    }
    await this.#run("snapshot-load", { tag: name, vmstate: "side", devices: ["side"] });
  }

  async #makeSide(): Promise<void> {
    const file = { driver: "file", filename: this.file };
    await this.#run("blockdev-create", { options: { ...file, size: 0 } });
    await this.qmp.execute("blockdev-add", { ...file, "node-name": "side-file" });
    await this.#run("blockdev-create", {
      options: { driver: "qcow2", file: "side-file", size: SIDE_SIZE },
    });
    await this.qmp.execute("blockdev-add", {
      driver: "qcow2",
      file: "side-file",
      "node-name": "side",
    });
  }

  /** Runs a job to its end. */
  async #run(command: string, args: Readonly<Record<string, unknown>>): Promise<void> {
    const id = `job${++this.#job}`;
    const seen = this.events.occurrences.length;
    await this.qmp.execute(command, { ...args, "job-id": id });
    await this.#concluded(id, seen);
    const jobs = await this.qmp.execute<{ id: string; error?: string }[]>("query-jobs");
    await this.qmp.execute("job-dismiss", { id });
    const error = jobs.find((job) => job.id === id)?.error;
    if (error === undefined) return;
    const tag = args.tag === undefined ? "" : ` "${args.tag}"`;
    throw new QemuError(
      `Cannot execute ${command}${tag}: ${error}; check the name and the disks' state`,
    );
  }

  async #concluded(id: string, from: number): Promise<void> {
    let seen = from;
    for (;;) {
      const all = this.events.occurrences;
      for (; seen < all.length; seen++) {
        const { kind, data } = all[seen]!;
        if (kind === "JOB_STATUS_CHANGE" && data.id === id && data.status === "concluded") return;
      }
      await this.qmp.nextEvent();
    }
  }
}
