/** Which of the pending entries the disk gets next. Reads and writes are asked for apart. */
import type { Duration } from "hil";
import { channelOf, CHANNELS } from "./driver.ts";
import type { BlockList, Slot } from "./list.ts";

/** What one gives goes to the drive at once. */
export interface IoScheduler {
  /** An entry of the channel that is pending in that way. */
  next(list: BlockList, channel: number, flag: number): Slot | undefined;
  /** A pending write that goes before reads. */
  overdue(list: BlockList, channel: number): Slot | undefined;
}

/** The author's: the first one of the list. */
export class FirstPending implements IoScheduler {
  next(list: BlockList, channel: number, flag: number): Slot | undefined {
    return list.first(channel, flag);
  }

  overdue(_list: BlockList, _channel: number): Slot | undefined {
    return undefined;
  }
}

/** The next block at `lba` or above is ahead of an arm that goes up; if down, the next below. */
interface Arm {
  lba: number;
  down: boolean;
}

/**
 * The elevator that turns at the last request (LOOK). Each drive has an arm. The two drives of a
 * channel take turns when both have something pending.
 */
export class Look implements IoScheduler {
  readonly #arms: Arm[] = Array.from({ length: 2 * CHANNELS }, () => ({ lba: 0, down: false }));
  /** The drive that each channel gave something last. */
  readonly #last = Array.from({ length: CHANNELS }, (_, channel) => 2 * channel + 1);

  next(list: BlockList, channel: number, flag: number): Slot | undefined {
    const other = this.#last[channel]! ^ 1;
    const slot = this.#nextOf(list, other, flag) ?? this.#nextOf(list, other ^ 1, flag);
    if (slot) this.move(slot);
    return slot;
  }

  overdue(_list: BlockList, _channel: number): Slot | undefined {
    return undefined;
  }

  /** A block that was passed is not ahead: one written again and again does not hold the arm. */
  protected move({ drive, lba }: Slot): void {
    const arm = this.#arms[drive]!;
    arm.lba = arm.down ? lba : lba + 1;
    this.#last[channelOf(drive)] = drive;
  }

  #nextOf(list: BlockList, drive: number, flag: number): Slot | undefined {
    const arm = this.#arms[drive]!;
    const { lba, down } = arm;
    const onUp = () => list.above({ drive, lba }, flag);
    const onDown = () => list.below({ drive, lba }, flag);
    const ahead = down ? onDown() : onUp();
    if (ahead) return ahead;
    const behind = down ? onUp() : onDown();
    if (behind) arm.down = !down;
    return behind;
  }
}

/**
 * The elevator with a deadline for writes: the oldest write of a channel goes before all reads when
 * it has waited too long. What is not overdue has every second turn, so that writes in excess do
 * not starve reads.
 */
export class Deadline extends Look {
  /** The last request of each channel was an overdue write. */
  readonly #hadTurn = Array.from({ length: CHANNELS }, () => false);

  constructor(private readonly writeDeadline: Duration, private readonly now: () => number) {
    super();
  }

  override overdue(list: BlockList, channel: number): Slot | undefined {
    const othersTurn = this.#hadTurn[channel]!;
    this.#hadTurn[channel] = false;
    const slot = othersTurn ? undefined : list.oldestWrite(channel);
    if (!slot || this.now() - slot.filled <= this.writeDeadline.ns) return undefined;
    this.#hadTurn[channel] = true;
    this.move(slot);
    return slot;
  }
}
