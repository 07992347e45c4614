import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { CardDriver, filled, goesOnAlike, told } from "./_card_driver.ts";
import { crc7 } from "./checksum.ts";
import { Emmc, EMMC_BLOCKS } from "./emmc.ts";
import { EXT_CSD } from "./ext_csd.ts";
import type { MemoryCardOptions } from "./memory_card.ts";
import { CardStorage } from "./storage.ts";

const RCA = 5 << 16;
const LARGE = 0x40ff_8080, SMALL = 0x00ff_8080;

function fresh(blocks = EMMC_BLOCKS, options: Partial<MemoryCardOptions> = {}) {
  const storage = new CardStorage("eMMC", blocks);
  return new CardDriver((clock) => new Emmc({ name: "eMMC", clock, storage, ...options }));
}

function selected(blocks = EMMC_BLOCKS, options: Partial<MemoryCardOptions> = {}) {
  const driver = fresh(blocks, options);
  driver.send(1, LARGE);
  driver.wait(2_000_000);
  driver.send(1, LARGE);
  driver.send(2);
  driver.send(3, RCA);
  driver.send(7, RCA);
  return driver;
}

const set = (driver: CardDriver<Emmc>, name: keyof typeof EXT_CSD, value: number) => {
  driver.ready();
  const response = driver.send(6, 3 << 24 | EXT_CSD[name] << 16 | value << 8);
  driver.ready();
  return response;
};

Deno.test("an eMMC becomes ready some time after it was told the voltages, and tells how it is addressed", () => {
  const driver = fresh();
  assert.equal(driver.send(1, 0), 0x40ff_8080, "asking only changes nothing");
  assert.equal(driver.send(2), undefined);
  assert.equal(driver.send(1, LARGE), 0x40ff_8080);
  driver.wait(1_999_999);
  assert.equal(driver.send(1, LARGE), 0x40ff_8080);
  driver.wait(1);
  assert.equal(driver.send(1, SMALL), 0x40ff_8080, "to a host without sectors it never is ready");
  assert.equal(driver.send(1, LARGE), 0xc0ff_8080);
  const small = fresh(1 << 17);
  small.send(1, SMALL);
  small.wait(2_000_000);
  assert.equal(small.send(1, SMALL), 0x80ff_8080);
});

Deno.test("identification: CID and CSD with right checksums, a relative address, selection", () => {
  const driver = fresh();
  driver.send(1, LARGE);
  driver.wait(2_000_000);
  driver.send(1, LARGE);
  const cid = driver.register(2, 0);
  assert.equal(cid[15], crc7(cid.subarray(0, 15)));
  assert.equal(new TextDecoder().decode(cid.subarray(3, 9)), "MMC04G");
  assert.equal(told(driver.send(3, RCA)), "ident");
  assert.equal(driver.send(9, 6 << 16), undefined, "another card");
  const csd = driver.register(9, RCA);
  assert.equal(csd[15], crc7(csd.subarray(0, 15)));
  assert.equal(csd[0]! >> 6, 3);
  assert.equal(told(driver.send(7, RCA)), "stby");
  assert.equal(told(driver.send(13, RCA)), "tran");
  driver.send(7, 0);
  assert.equal(told(driver.send(13, RCA)), "stby");
});

Deno.test("the checksum of CMD0 and CMD17 is that of the specification", () => {
  assert.equal(crc7(Uint8Array.of(0x40, 0, 0, 0, 0)), 0x95);
  assert.equal(crc7(Uint8Array.of(0x51, 0, 0, 0, 0)), 0x55);
});

Deno.test("EXT_CSD tells the size; a switch changes what it may, and says when it may not", () => {
  const driver = selected();
  driver.send(8);
  const ext = driver.block();
  assert.equal(new DataView(ext.buffer).getUint32(212, true), EMMC_BLOCKS);
  assert.equal(told(set(driver, "BUS_WIDTH", 2)), "tran");
  assert.equal(driver.card.width, 8);
  assert.equal(told(driver.send(13, RCA)), "tran");
  for (const [name, value] of [["BUS_WIDTH", 3], ["HS_TIMING", 2], ["SEC_COUNT", 1]] as const) {
    set(driver, name, value);
    assert.equal(told(driver.send(13, RCA)), "tran SWITCH_ERROR", name);
    assert.equal(told(driver.send(13, RCA)), "tran");
  }
  // Set bits, clear bits.
  driver.send(6, 1 << 24 | EXT_CSD.PARTITION_CONFIG << 16 | 0x48 << 8);
  driver.ready();
  driver.send(6, 2 << 24 | EXT_CSD.PARTITION_CONFIG << 16 | 0x40 << 8);
  driver.ready();
  assert.equal(driver.card.ext("PARTITION_CONFIG"), 8);
  driver.send(0);
  assert.equal(driver.card.width, 1);
  assert.equal(driver.card.ext("PARTITION_CONFIG"), 8, "which boots is kept, the bus is not");
});

Deno.test("boot partitions are apart from the user area, and there is no RPMB", () => {
  const driver = selected();
  const { card } = driver;
  set(driver, "PARTITION_CONFIG", 1);
  driver.send(24, 0);
  card.receive(filled(1));
  set(driver, "PARTITION_CONFIG", 0);
  assert.deepEqual(card.bootPartitions[0].readBlock(0), filled(1));
  assert.deepEqual(card.storage.readBlock(0), filled(0));
  set(driver, "PARTITION_CONFIG", 2);
  assert.equal(told(driver.send(17, 4096)), "tran ADDRESS_OUT_OF_RANGE");
  set(driver, "PARTITION_CONFIG", 3);
  assert.equal(told(driver.send(13, RCA)), "tran SWITCH_ERROR");
});

Deno.test("blocks are read and written one at a time, until stopped, or as many as CMD23 says", () => {
  const driver = selected();
  const { card } = driver;
  driver.send(24, 7);
  assert.equal(card.receive(filled(7)), "accepted");
  assert.equal(card.receive(filled(8)), undefined);
  assert.equal(told(driver.send(13, RCA)), "prg");
  assert.equal(driver.send(17, 7), undefined, "not while it programs");
  driver.ready();
  assert.equal(told(driver.send(13, RCA)), "tran ILLEGAL_COMMAND");
  driver.send(25, 8);
  for (let n = 0; n < 3; n++) card.receive(filled(8 + n));
  assert.equal(told(driver.send(12)), "rcv");
  driver.ready();
  driver.send(18, 7);
  for (let n = 0; n < 4; n++) assert.deepEqual(driver.block(), filled(7 + n));
  assert.equal(told(driver.send(12)), "data");
  driver.send(23, 2);
  driver.send(18, 7);
  driver.block();
  driver.block();
  assert.equal(card.send(), undefined);
  assert.equal(told(driver.send(13, RCA)), "tran");
  driver.send(23, 2);
  driver.send(13, RCA);
  driver.send(18, 7);
  for (let n = 0; n < 4; n++) assert.ok(card.send(), "CMD23 held for the next command only");
});

Deno.test("addresses beyond the end, and in bytes off a block, are refused", () => {
  const driver = selected();
  assert.equal(told(driver.send(17, EMMC_BLOCKS)), "tran ADDRESS_OUT_OF_RANGE");
  assert.equal(told(driver.send(17, 0xffff_ffff)), "tran ADDRESS_OUT_OF_RANGE");
  assert.equal(driver.card.send(), undefined);
  driver.send(18, EMMC_BLOCKS - 1);
  driver.block();
  assert.equal(driver.card.send(), undefined);
  assert.equal(told(driver.send(12)), "data ADDRESS_OUT_OF_RANGE");
  const small = selected(1 << 17);
  assert.equal(told(small.send(17, 512 + 1)), "tran ADDRESS_ERROR");
  assert.equal(told(small.send(24, 3)), "tran ADDRESS_ERROR");
  assert.equal(told(small.send(17, 512)), "tran");
});

Deno.test("block lengths: fixed where addresses are sectors, up to a block where they are bytes", () => {
  const driver = selected();
  assert.equal(told(driver.send(16, 512)), "tran");
  assert.equal(told(driver.send(16, 256)), "tran BLOCK_LEN_ERROR");
  const small = selected(1 << 17);
  void small.card.storage.write(1, Uint8Array.from({ length: 512 }, (_, n) => n));
  small.send(16, 4);
  assert.equal(told(small.send(17, 512 + 10)), "tran");
  assert.deepEqual(small.block(), Uint8Array.of(10, 11, 12, 13));
  assert.equal(told(small.send(17, 512 + 510)), "tran ADDRESS_ERROR");
});

Deno.test("erase makes whole groups zero, trim single blocks; out of order it is an error", () => {
  const driver = selected();
  const { card } = driver;
  const write = (lba: number) => void card.storage.write(lba, filled(1));
  const isZero = (lba: number) => card.storage.readBlock(lba)[0] === 0;
  [1023, 1024, 1500, 2047, 2048].forEach(write);
  driver.send(35, 1500);
  driver.send(36, 1500);
  assert.equal(told(driver.send(38, 0)), "tran");
  assert.ok(driver.card.busyUntilNs > driver.clock.now());
  driver.ready();
  assert.deepEqual([1023, 1024, 1500, 2047, 2048].map(isZero), [false, true, true, true, false]);
  driver.send(35, 2048);
  driver.send(36, 2048);
  driver.send(38, 1);
  driver.ready();
  assert.ok(isZero(2048) && !isZero(1023));
  assert.equal(told(driver.send(38, 0)), "tran ERASE_SEQ_ERROR");
  assert.equal(told(driver.send(36, 0)), "tran ERASE_SEQ_ERROR");
  driver.send(35, 5);
  driver.send(36, 4);
  assert.equal(told(driver.send(38, 0)), "tran ERASE_PARAM");
  driver.send(35, 0);
  driver.send(16, 512);
  assert.equal(told(driver.send(13, RCA)), "tran ERASE_RESET");
});

Deno.test("what was programmed is durable; with the cache on, only what was flushed", () => {
  const driver = selected();
  const { card } = driver;
  const write = (byte: number) => {
    driver.ready();
    driver.send(24, 0);
    card.receive(filled(byte));
  };
  write(1);
  driver.ready();
  write(2);
  card.powerCycle();
  assert.deepEqual(card.storage.readBlock(0), filled(1), "the second was being programmed");
  const cached = selected();
  set(cached, "CACHE_CTRL", 1);
  const both = (byte: number) => {
    cached.send(24, 0);
    cached.card.receive(filled(byte));
    cached.ready();
  };
  both(1);
  set(cached, "FLUSH_CACHE", 1);
  both(2);
  cached.wait(1e9);
  cached.card.powerCycle();
  assert.deepEqual(cached.card.storage.readBlock(0), filled(1));
  assert.equal(cached.card.ext("CACHE_CTRL"), 0);
});

Deno.test("turning the cache off, or telling that power goes, makes all durable", () => {
  for (const [name, value] of [["CACHE_CTRL", 0], ["POWER_OFF_NOTIFICATION", 2]] as const) {
    const driver = selected();
    set(driver, "CACHE_CTRL", 1);
    driver.send(24, 0);
    driver.card.receive(filled(1));
    set(driver, name, value);
    driver.card.powerCycle();
    assert.deepEqual(driver.card.storage.readBlock(0), filled(1), name);
  }
  const driver = selected();
  set(driver, "CACHE_CTRL", 1);
  set(driver, "PARTITION_CONFIG", 1);
  driver.send(24, 0);
  driver.card.receive(filled(1));
  set(driver, "PARTITION_CONFIG", 0);
  set(driver, "CACHE_CTRL", 0);
  driver.card.powerCycle();
  assert.deepEqual(driver.card.bootPartitions[0].readBlock(0), filled(1), "of all partitions");
});

Deno.test("a boot partition loses what was not durable, too", () => {
  const driver = selected();
  set(driver, "PARTITION_CONFIG", 1);
  driver.send(24, 0);
  driver.card.receive(filled(1));
  driver.card.powerCycle();
  assert.deepEqual(driver.card.bootPartitions[0].readBlock(0), filled(0));
});

Deno.test("a card that is not selected any more programs on", () => {
  const driver = selected();
  driver.send(24, 0);
  driver.card.receive(filled(1));
  driver.send(7, 0);
  assert.equal(told(driver.send(13, RCA)), "dis");
  assert.equal(told(driver.send(7, RCA)), "dis");
  assert.equal(told(driver.send(13, RCA)), "prg");
  driver.send(7, 0);
  driver.ready();
  assert.equal(told(driver.send(13, RCA)), "stby");
});

Deno.test("a snapshot has the count of CMD23", () => {
  const driver = selected();
  driver.send(23, 1);
  const other = fresh();
  other.card.load(structuredClone(driver.card.save()));
  other.send(18, 0);
  assert.ok(other.card.send());
  assert.equal(other.card.send(), undefined);
});

Deno.test("blocks whose cells are worn out: reading sends nothing, writing tells an error", () => {
  const driver = selected();
  driver.card.failing = (lba) => lba === 2;
  driver.send(18, 1);
  assert.ok(driver.card.send());
  assert.equal(driver.card.send(), undefined);
  assert.equal(told(driver.send(12)), "data CARD_ECC_FAILED");
  driver.send(24, 2);
  assert.equal(driver.card.receive(filled(1)), "accepted");
  driver.ready();
  assert.equal(told(driver.send(13, RCA)), "tran ERROR");
  assert.deepEqual(driver.card.storage.readBlock(2), filled(0));
});

Deno.test("no sequence of commands breaks a card, and restored at any moment it goes on alike", () => {
  const random = new Random("emmc");
  const indices = [0, 1, 2, 3, 6, 7, 8, 9, 10, 12, 13, 16, 17, 18, 23, 24, 25, 35, 36, 38, 55, 41];
  const values = [0, RCA, LARGE, 1, 512, 0x03b7_0200, 0x03b9_0100, 0x0321_0100, EMMC_BLOCKS - 1];
  for (let run = 0; run < 60; run++) {
    const driver = run % 3 ? selected() : fresh(run % 2 ? 1 << 16 : EMMC_BLOCKS);
    const copy = () => fresh(driver.card.storage.blocks);
    goesOnAlike(driver, { copy, random, indices, values, known: 2, pauseNs: 1_000_000, run });
  }
});
