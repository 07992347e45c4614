import assert from "node:assert/strict";
import { serialsOnSockets } from "./command_line.ts";
import { commandLine, fastPc, type QemuOptions } from "./mod.ts";

function line(options: Partial<QemuOptions>, serials: readonly string[] = []): string {
  const all = { machine: "pc", memoryMiB: 32, ...options };
  return commandLine(all, { qmp: "/t/qmp", serials }).join(" ");
}

Deno.test("a machine has nothing but what is asked for, and stops at its end", () => {
  assert.equal(
    line({}),
    "-nodefaults -no-user-config -display none -vga none " +
      "-action reboot=shutdown,shutdown=pause,panic=pause -machine pc -m 32 -accel tcg " +
      "-chardev socket,id=qmp,path=/t/qmp -mon chardev=qmp,mode=control",
  );
});

Deno.test("each option is one argument of QEMU's", () => {
  const cases: [Partial<QemuOptions>, string][] = [
    [{ cpu: "max", accel: "kvm" }, "-accel kvm -cpu max"],
    [
      { kernel: "k", append: "a b", initrd: "i", bios: "b" },
      "-bios b -kernel k -append a b -initrd i",
    ],
    [{ paused: true }, "-vga none -S -action"],
    [
      { memoryFile: "/t/r,am" },
      "-machine pc,memory-backend=ram0 -m 32 " +
      "-object memory-backend-file,id=ram0,size=32M,mem-path=/t/r,,am,share=on -accel",
    ],
    [{ icount: { shift: "auto" } }, "-icount shift=auto"],
    [{ icount: { shift: 3, sleep: false } }, "-icount shift=3,sleep=off"],
    [{ extra: ["-smp", "2"] }, "-smp 2"],
  ];
  for (const [options, wanted] of cases) assert.ok(line(options).includes(wanted), line(options));
});

Deno.test("serial ports come in their order", () => {
  assert.match(
    line({ serials: [{ name: "a" }, { name: "b" }] }, ["/t/a", "/t/b"]),
    /id=com1,path=\/t\/a -serial chardev:com1 .*id=com2,path=\/t\/b -serial chardev:com2$/,
  );
});

Deno.test("a disk says its bus, its unit and what stands behind it", () => {
  const disks: QemuOptions["disks"] = [
    { bus: "ide.0", unit: 1, source: { nbd: "/t/nbd", export: "disk1" } },
    { bus: "ide.1", unit: 0, source: { file: "/a,b" }, rerror: "report", werror: "stop" },
    {
      bus: "pci.0",
      unit: 0,
      device: "virtio-blk",
      source: { file: "c", format: "qcow2", readOnly: true, snapshot: true },
    },
  ];
  assert.ok(
    line({ disks }).endsWith(
      "-drive if=none,id=disk0,format=raw,file.driver=nbd,file.server.type=unix," +
        "file.server.path=/t/nbd,file.export=disk1 -device ide-hd,bus=ide.0,drive=disk0,cyls=16383,heads=16,secs=63,unit=1 " +
        "-drive if=none,id=disk1,format=raw,file=/a,,b " +
        "-device ide-hd,bus=ide.1,drive=disk1,cyls=16383,heads=16,secs=63,unit=0," +
        "rerror=report,werror=stop " +
        "-drive if=none,id=disk2,format=qcow2,file=c,readonly=on,snapshot=on " +
        "-device virtio-blk,bus=pci.0,drive=disk2",
    ),
  );
});

Deno.test("the fast PC starts with qboot unless SeaBIOS is asked for", () => {
  assert.equal(fastPc().bios, "qboot.rom");
  assert.equal(fastPc("seabios").bios, undefined);
  assert.match(fastPc("seabios").machine, /^pc,hpet=off/);
});

Deno.test("a machine that is recorded has its disks behind the filter that replays them", () => {
  const disks = [{ bus: "ide.0", unit: 0, source: { nbd: "/t/nbd", export: "a" } }];
  assert.match(
    line({ replay: { mode: "record", file: "/t/a,b" }, disks }),
    RegExp(
      "-icount shift=3,rr=record,rrfile=/t/a,,b .*-drive if=none,id=disk0-below,format=raw,.* " +
        "-drive driver=blkreplay,if=none,image=disk0-below,id=disk0 -device ide-hd,bus=ide.0,",
    ),
  );
  assert.match(
    line({ replay: { mode: "replay", file: "/t/a", shift: 0 } }),
    /-icount shift=0,rr=replay,rrfile=\/t\/a /,
  );
});

Deno.test("of a machine that is recorded COM1 is on a pipe", () => {
  const options = {
    ...{ machine: "pc", memoryMiB: 32, serials: [{ name: "a" }, { name: "b" }] },
    replay: { mode: "record", file: "/t/a" },
  } as const;
  assert.deepEqual(serialsOnSockets(options), [{ name: "b" }]);
  assert.match(
    line(options, ["/t/b"]),
    RegExp(
      "-chardev stdio,id=com1,signal=off -serial chardev:com1 " +
        "-chardev socket,id=com2,path=/t/b -serial chardev:com2$",
    ),
  );
});
