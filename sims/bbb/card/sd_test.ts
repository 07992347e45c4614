import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { CardDriver, filled, goesOnAlike, told } from "./_card_driver.ts";
import { crc7 } from "./checksum.ts";
import { BYTE_ADDRESSED_BLOCKS, cardBlocksFor, sdCsd, tellableBlocks } from "./csd.ts";
import { SdCard } from "./sd.ts";
import { CardStorage } from "./storage.ts";

const SDHC = 8 << 21, SDSC = 64 << 11;
const RCA = 1 << 16;

function fresh(blocks = SDHC) {
  const storage = new CardStorage("SD", blocks);
  return new CardDriver((clock) => new SdCard({ name: "SD", clock, storage }));
}

function app(driver: CardDriver<SdCard>, index: number, argument = 0, rca = RCA) {
  driver.send(55, rca);
  return driver.send(index, argument);
}

function selected(blocks = SDHC) {
  const driver = fresh(blocks);
  driver.send(8, 0x1aa);
  app(driver, 41, 0x40ff_8000, 0);
  driver.wait(5_000_000);
  app(driver, 41, 0x40ff_8000, 0);
  driver.send(2);
  driver.send(3);
  driver.send(7, RCA);
  return driver;
}

Deno.test("an SDHC card is ready for hosts that know it, some time after they asked", () => {
  const driver = fresh();
  assert.equal(driver.send(1, 0x40ff_8080), undefined, "it is no MMC");
  assert.equal(told(driver.send(55, 0)), "idle ILLEGAL_COMMAND APP_CMD");
  assert.equal(driver.send(41, 0), 0x00ff_8000, "asking only");
  assert.equal(driver.send(8, 0x2aa), undefined, "a voltage that it does not have");
  assert.equal(driver.send(8, 0x1aa), 0x1aa);
  assert.equal(app(driver, 41, 0x40ff_8000, 0), 0x00ff_8000);
  driver.wait(5_000_000);
  assert.equal(app(driver, 41, 0x00ff_8000, 0), 0x00ff_8000, "not without high capacity");
  assert.equal(app(driver, 41, 0x40ff_8000, 0), 0xc0ff_8000);
  const old = fresh();
  app(old, 41, 0x40ff_8000, 0);
  old.wait(5_000_000);
  assert.equal(app(old, 41, 0x40ff_8000, 0), 0x00ff_8000, "not without CMD8");
});

Deno.test("an SDSC card is ready for all hosts, and addressed in bytes", () => {
  const driver = fresh(SDSC);
  app(driver, 41, 0x00ff_8000, 0);
  driver.wait(5_000_000);
  assert.equal(app(driver, 41, 0x00ff_8000, 0), 0x80ff_8000);
  driver.send(2);
  driver.send(3);
  driver.send(7, RCA);
  driver.send(24, 512);
  driver.card.receive(filled(1));
  assert.deepEqual(driver.card.storage.readBlock(1), filled(1));
});

Deno.test("the card chooses its address, another one each time, and R6 tells it", () => {
  const driver = fresh();
  driver.send(8, 0x1aa);
  app(driver, 41, 0x40ff_8000, 0);
  driver.wait(5_000_000);
  app(driver, 41, 0x40ff_8000, 0);
  const cid = driver.register(2, 0);
  assert.equal(cid[15], crc7(cid.subarray(0, 15)));
  assert.equal(driver.send(3), RCA | 0x500);
  assert.equal(driver.send(3), 2 << 16 | 0x700);
  assert.equal(driver.send(9, RCA), undefined);
  assert.equal(driver.register(9, 2 << 16).length, 16);
});

Deno.test("SCR, SD status, bus width and the number of blocks written are application commands", () => {
  const driver = selected();
  assert.equal(told(app(driver, 51)), "tran APP_CMD");
  assert.equal(driver.block().toHex(), "0235800200000000");
  assert.equal(told(app(driver, 6, 2)), "tran APP_CMD");
  assert.equal(driver.card.width, 4);
  app(driver, 13);
  const status = driver.block();
  assert.deepEqual([status.length, status[0]! >> 6], [64, 2]);
  driver.send(25, 0);
  for (let n = 0; n < 3; n++) driver.card.receive(filled(n));
  driver.send(12);
  driver.ready();
  app(driver, 22);
  assert.equal(driver.block().toHex(), "00000003");
  app(driver, 6, 1);
  assert.equal(told(driver.send(13, RCA)), "tran");
  assert.equal(driver.card.width, 4, "a width that is none changes nothing");
});

Deno.test("after CMD55 a command that is no application command is a plain one", () => {
  const driver = selected();
  assert.equal(told(app(driver, 17, 0)), "tran");
  driver.block();
  assert.equal(driver.send(41, 0), undefined, "and only the next one is meant");
});

Deno.test("CMD6 tells what can be switched to, and switches to high speed", () => {
  const driver = selected();
  const ask = (argument: number) => {
    driver.send(6, argument);
    const data = driver.block();
    return { current: data[0]! << 8 | data[1]!, groups: data.subarray(14, 17).toHex(), data };
  };
  const check = ask(0x00ff_fff1);
  assert.deepEqual([check.current, check.groups, check.data[13]], [100, "000001", 3]);
  assert.equal(driver.card.highSpeed, false);
  assert.deepEqual(ask(0x80ff_ff21).groups, "0000f1", "there is no second command system");
  assert.equal(driver.card.highSpeed, false, "all or nothing");
  assert.equal(ask(0x80ff_fff1).groups, "000001");
  assert.equal(driver.card.highSpeed, true);
  assert.equal(ask(0x80ff_ffff).groups, "000001", "F asks for no change");
  assert.deepEqual(ask(0x80ff_fff2).current, 0, "there is no such mode");
  assert.equal(driver.card.highSpeed, true);
  driver.send(0);
  assert.equal(driver.card.highSpeed, false);
});

Deno.test("erase makes just the blocks zero that were named", () => {
  const driver = selected();
  for (const lba of [9, 10, 20, 21]) void driver.card.storage.write(lba, filled(1));
  driver.send(32, 10);
  driver.send(33, 20);
  assert.equal(told(driver.send(38)), "tran");
  driver.ready();
  const first = [9, 10, 20, 21].map((lba) => driver.card.storage.readBlock(lba)[0]);
  assert.deepEqual(first, [1, 0, 0, 1]);
});

Deno.test("a garbled block is rejected: after the only one the card is ready, else it waits for CMD12", () => {
  const driver = selected();
  driver.send(24, 0);
  assert.equal(driver.card.receive(filled(1), { garbled: true }), "rejected");
  assert.equal(told(driver.send(13, RCA)), "tran");
  driver.send(25, 0);
  assert.equal(driver.card.receive(filled(1), { garbled: true }), "rejected");
  assert.equal(told(driver.send(13, RCA)), "rcv");
  assert.deepEqual(driver.card.storage.readBlock(0), filled(0));
});

Deno.test("the size that a CSD tells is the card's", () => {
  const field = (csd: Uint8Array, msb: number, lsb: number) => {
    const value = [...csd].reduce((sum, byte) => sum << 8n | BigInt(byte), 0n);
    return Number(value >> BigInt(lsb) & (1n << BigInt(msb - lsb + 1)) - 1n);
  };
  const random = new Random("csd");
  for (let n = 0; n < 500; n++) {
    const blocks = 4096 + random.below(n % 2 ? BYTE_ADDRESSED_BLOCKS : 64 << 21);
    const capacity = tellableBlocks(blocks);
    const high = blocks > BYTE_ADDRESSED_BLOCKS;
    const csd = sdCsd(blocks, high);
    const told = high
      ? (field(csd, 69, 48) + 1) * 1024
      : (field(csd, 73, 62) + 1) * 2 ** (field(csd, 49, 47) + 2) * 2 ** (field(csd, 83, 80) - 9);
    assert.equal(told, capacity, `${blocks}`);
    assert.ok(capacity <= blocks && capacity > blocks - 1024);
    const rounded = cardBlocksFor(blocks);
    assert.ok(rounded >= blocks && rounded < blocks + 1024 && tellableBlocks(rounded) === rounded);
  }
  assert.equal(cardBlocksFor(SDSC), SDSC);
});

Deno.test("no sequence of commands breaks a card, and restored at any moment it goes on alike", () => {
  const random = new Random("sd");
  const indices = [0, 2, 3, 6, 7, 8, 9, 12, 13, 16, 17, 18, 22, 23, 24, 25, 32, 33, 38, 41, 51, 55];
  const values = [0, RCA, 2 << 16, 0x40ff_8000, 0x1aa, 2, 512, 0x80ff_fff1, SDSC * 512 - 512];
  for (let run = 0; run < 60; run++) {
    const blocks = run % 2 ? SDSC : SDHC;
    const driver = run % 3 ? selected(blocks) : fresh(blocks);
    const copy = () => fresh(blocks);
    goesOnAlike(driver, { copy, random, indices, values, known: 3, pauseNs: 2_000_000, run });
  }
});
