/**
 * Registers of the Ethernet subsystem (AM335x TRM SPRUH73, section 14.5), a table for each of its
 * parts. Offsets count from the part.
 */
import { defineRegisters } from "sims/engine/mod.ts";

const CHANNELS = { count: 8 } as const;
const DSCP = { count: 8 } as const;

/** Section 14.5.8. */
// deno-fmt-ignore
export const CPSW_SS = defineRegisters({
  ID_VER:       { offset: 0x00, access: "ro", reset: 0x0019_0112 },
  CONTROL:      { offset: 0x04, writable: 0xf, fields: { FIFO_LOOPBACK: 0, VLAN_AWARE: 1, RX_VLAN_ENCAP: 2, DLR_EN: 3 } },
  SOFT_RESET:   { offset: 0x08, writable: 0x0, fields: { SOFT_RESET: 0 } },
  STAT_PORT_EN: { offset: 0x0c, writable: 0x7, fields: { P0_STAT_EN: 0, P1_STAT_EN: 1, P2_STAT_EN: 2 } },
  PTYPE:        { offset: 0x10, writable: 0x3f_071f },
  SOFT_IDLE:    { offset: 0x14, writable: 0x1 },
  THRU_RATE:    { offset: 0x18, reset: 0x3003, writable: 0xf00f },
  GAP_THRESH:   { offset: 0x1c, reset: 0xb, writable: 0x1f },
  TX_START_WDS: { offset: 0x20, reset: 0x20, writable: 0x7ff },
  FLOW_CONTROL: { offset: 0x24, reset: 0x1, writable: 0x7 },
  VLAN_LTYPE:   { offset: 0x28, reset: 0x8100_8100 },
  TS_LTYPE:     { offset: 0x2c, writable: 0x3f_ffff },
  DLR_LTYPE:    { offset: 0x30, reset: 0x80e1, writable: 0xffff },
});

const P_CONTROL = { writable: 0x0131_7fff } as const;
const BLOCKS = { TX_MAX_BLKS: [4, 8], RX_MAX_BLKS: [0, 3] } as const;
const VLAN = { PORT_VID: [0, 11], PORT_CFI: 12, PORT_PRI: [13, 15] } as const;

/** Section 14.5.6. */
// deno-fmt-ignore
export const CPSW_PORT = defineRegisters({
  P0_CONTROL:           { offset: 0x000, writable: 0x7131_0000 },
  P0_MAX_BLKS:          { offset: 0x008, reset: 0x104, writable: 0x1ff, fields: BLOCKS },
  P0_BLK_CNT:           { offset: 0x00c, access: "ro", reset: 0x41 },
  P0_TX_IN_CTL:         { offset: 0x010, reset: 0x40c0, writable: 0xf3_f3ff },
  P0_PORT_VLAN:         { offset: 0x014, writable: 0xffff, fields: VLAN },
  P0_TX_PRI_MAP:        { offset: 0x018, reset: 0x3322_1001, writable: 0x3333_3333 },
  P0_CPDMA_TX_PRI_MAP:  { offset: 0x01c, reset: 0x7654_3210, writable: 0x7777_7777 },
  P0_CPDMA_RX_CH_MAP:   { offset: 0x020, writable: 0x7777_7777, fields: { P1_PRI0: [0, 2], P1_PRI1: [4, 6], P1_PRI2: [8, 10], P1_PRI3: [12, 14], P2_PRI0: [16, 18], P2_PRI1: [20, 22], P2_PRI2: [24, 26], P2_PRI3: [28, 30] } },
  P0_RX_DSCP_PRI_MAP:   { offset: 0x030, ...DSCP, writable: 0x7777_7777 },
  P1_CONTROL:           { offset: 0x100, ...P_CONTROL },
  P1_MAX_BLKS:          { offset: 0x108, reset: 0x113, writable: 0x1ff, fields: BLOCKS },
  P1_BLK_CNT:           { offset: 0x10c, access: "ro", reset: 0x41 },
  P1_TX_IN_CTL:         { offset: 0x110, reset: 0x0800_40c0, writable: 0x0ff3_f3ff },
  P1_PORT_VLAN:         { offset: 0x114, writable: 0xffff, fields: VLAN },
  P1_TX_PRI_MAP:        { offset: 0x118, reset: 0x3322_1001, writable: 0x3333_3333 },
  P1_TS_SEQ_MTYPE:      { offset: 0x11c, reset: 0x1e_0000, writable: 0x3f_ffff },
  P1_SA_LO:             { offset: 0x120, writable: 0xffff },
  P1_SA_HI:             { offset: 0x124 },
  P1_SEND_PERCENT:      { offset: 0x128, writable: 0x7f_7f7f },
  P1_RX_DSCP_PRI_MAP:   { offset: 0x130, ...DSCP, writable: 0x7777_7777 },
  P2_CONTROL:           { offset: 0x200, ...P_CONTROL },
  P2_MAX_BLKS:          { offset: 0x208, reset: 0x113, writable: 0x1ff, fields: BLOCKS },
  P2_BLK_CNT:           { offset: 0x20c, access: "ro", reset: 0x41 },
  P2_TX_IN_CTL:         { offset: 0x210, reset: 0x0800_40c0, writable: 0x0ff3_f3ff },
  P2_PORT_VLAN:         { offset: 0x214, writable: 0xffff, fields: VLAN },
  P2_TX_PRI_MAP:        { offset: 0x218, reset: 0x3322_1001, writable: 0x3333_3333 },
  P2_TS_SEQ_MTYPE:      { offset: 0x21c, reset: 0x1e_0000, writable: 0x3f_ffff },
  P2_SA_LO:             { offset: 0x220, writable: 0xffff },
  P2_SA_HI:             { offset: 0x224 },
  P2_SEND_PERCENT:      { offset: 0x228, writable: 0x7f_7f7f },
  P2_RX_DSCP_PRI_MAP:   { offset: 0x230, ...DSCP, writable: 0x7777_7777 },
});

/** Section 14.5.2. */
// deno-fmt-ignore
export const CPDMA = defineRegisters({
  TX_IDVER:           { offset: 0x00, access: "ro", reset: 0x0018_0108 },
  TX_CONTROL:         { offset: 0x04, writable: 0x1, fields: { TX_EN: 0 } },
  TX_TEARDOWN:        { offset: 0x08, access: "wo", writable: 0x7, fields: { TX_TDN_CH: [0, 2], TX_TDN_RDY: 31 } },
  RX_IDVER:           { offset: 0x10, access: "ro", reset: 0x000c_0107 },
  RX_CONTROL:         { offset: 0x14, writable: 0x1, fields: { RX_EN: 0 } },
  RX_TEARDOWN:        { offset: 0x18, access: "wo", writable: 0x7, fields: { RX_TDN_CH: [0, 2], RX_TDN_RDY: 31 } },
  CPDMA_SOFT_RESET:   { offset: 0x1c, writable: 0x0, fields: { SOFT_RESET: 0 } },
  DMACONTROL:         { offset: 0x20, writable: 0xff1f, fields: { TX_PTYPE: 0, RX_OWNERSHIP: 1, RX_OFFLEN_BLOCK: 2, CMD_IDLE: 3, RX_CEF: 4, TX_RLIM: [8, 15] } },
  DMASTATUS:          { offset: 0x24, access: "ro", fields: { RX_ERR_CH: [8, 10], RX_HOST_ERR_CODE: [12, 15], TX_ERR_CH: [16, 18], TX_HOST_ERR_CODE: [20, 23], IDLE: 31 } },
  RX_BUFFER_OFFSET:   { offset: 0x28, writable: 0xffff },
  EMCONTROL:          { offset: 0x2c, writable: 0x3 },
  TX_PRI_RATE:        { offset: 0x30, ...CHANNELS, writable: 0x3fff_3fff },
  TX_INTSTAT_RAW:     { offset: 0x80, access: "ro" },
  TX_INTSTAT_MASKED:  { offset: 0x84, access: "ro" },
  TX_INTMASK_SET:     { offset: 0x88, access: "w1s", writable: 0xff },
  TX_INTMASK_CLEAR:   { offset: 0x8c, access: "w1c", writable: 0xff, of: "TX_INTMASK_SET" },
  CPDMA_IN_VECTOR:    { offset: 0x90, access: "ro" },
  CPDMA_EOI_VECTOR:   { offset: 0x94, writable: 0x1f },
  RX_INTSTAT_RAW:     { offset: 0xa0, access: "ro" },
  RX_INTSTAT_MASKED:  { offset: 0xa4, access: "ro" },
  RX_INTMASK_SET:     { offset: 0xa8, access: "w1s", writable: 0xffff },
  RX_INTMASK_CLEAR:   { offset: 0xac, access: "w1c", writable: 0xffff, of: "RX_INTMASK_SET" },
  DMA_INTSTAT_RAW:    { offset: 0xb0, access: "ro", fields: { STAT_PEND: 0, HOST_PEND: 1 } },
  DMA_INTSTAT_MASKED: { offset: 0xb4, access: "ro", fields: { STAT_PEND: 0, HOST_PEND: 1 } },
  DMA_INTMASK_SET:    { offset: 0xb8, access: "w1s", writable: 0x3 },
  DMA_INTMASK_CLEAR:  { offset: 0xbc, access: "w1c", writable: 0x3, of: "DMA_INTMASK_SET" },
  RX_PENDTHRESH:      { offset: 0xc0, ...CHANNELS, writable: 0xff },
  RX_FREEBUFFER:      { offset: 0xe0, ...CHANNELS, writable: 0xffff },
});

/** Section 14.5.5: the state RAM. */
// deno-fmt-ignore
export const CPDMA_STATERAM = defineRegisters({
  TX_HDP: { offset: 0x00, ...CHANNELS },
  RX_HDP: { offset: 0x20, ...CHANNELS },
  TX_CP:  { offset: 0x40, ...CHANNELS },
  RX_CP:  { offset: 0x60, ...CHANNELS },
});

/** Section 14.5.4 and 14.3.2.20. */
// deno-fmt-ignore
export const CPSW_STATS = defineRegisters({
  RXGOODFRAMES:          { offset: 0x00 },
  RXBROADCASTFRAMES:     { offset: 0x04 },
  RXMULTICASTFRAMES:     { offset: 0x08 },
  RXPAUSEFRAMES:         { offset: 0x0c },
  RXCRCERRORS:           { offset: 0x10 },
  RXALIGNCODEERRORS:     { offset: 0x14 },
  RXOVERSIZEDFRAMES:     { offset: 0x18 },
  RXJABBERFRAMES:        { offset: 0x1c },
  RXUNDERSIZEDFRAMES:    { offset: 0x20 },
  RXFRAGMENTS:           { offset: 0x24 },
  RXOCTETS:              { offset: 0x30 },
  TXGOODFRAMES:          { offset: 0x34 },
  TXBROADCASTFRAMES:     { offset: 0x38 },
  TXMULTICASTFRAMES:     { offset: 0x3c },
  TXPAUSEFRAMES:         { offset: 0x40 },
  TXDEFERREDFRAMES:      { offset: 0x44 },
  TXCOLLISIONFRAMES:     { offset: 0x48 },
  TXSINGLECOLLFRAMES:    { offset: 0x4c },
  TXMULTCOLLFRAMES:      { offset: 0x50 },
  TXEXCESSIVECOLLISIONS: { offset: 0x54 },
  TXLATECOLLISIONS:      { offset: 0x58 },
  TXUNDERRUN:            { offset: 0x5c },
  TXCARRIERSENSEERRORS:  { offset: 0x60 },
  TXOCTETS:              { offset: 0x64 },
  OCTETFRAMES64:         { offset: 0x68 },
  OCTETFRAMES65T127:     { offset: 0x6c },
  OCTETFRAMES128T255:    { offset: 0x70 },
  OCTETFRAMES256T511:    { offset: 0x74 },
  OCTETFRAMES512T1023:   { offset: 0x78 },
  OCTETFRAMES1024TUP:    { offset: 0x7c },
  NETOCTETS:             { offset: 0x80 },
  RXSOFOVERRUNS:         { offset: 0x84 },
  RXMOFOVERRUNS:         { offset: 0x88 },
  RXDMAOVERRUNS:         { offset: 0x8c },
});

/** Section 14.5.3. Time stamps are not modelled: there are registers, and never an event. */
// deno-fmt-ignore
export const CPTS = defineRegisters({
  CPTS_IDVER:          { offset: 0x00, access: "ro", reset: 0x4e8a_0101 },
  CPTS_CONTROL:        { offset: 0x04, writable: 0xf03 },
  CPTS_TS_PUSH:        { offset: 0x0c, access: "wo", writable: 0x1 },
  CPTS_TS_LOAD_VAL:    { offset: 0x10 },
  CPTS_TS_LOAD_EN:     { offset: 0x14, access: "wo", writable: 0x1 },
  CPTS_INTSTAT_RAW:    { offset: 0x20, writable: 0x0 },
  CPTS_INTSTAT_MASKED: { offset: 0x24, access: "ro" },
  CPTS_INT_ENABLE:     { offset: 0x28, writable: 0x1 },
  CPTS_EVENT_POP:      { offset: 0x30, access: "wo", writable: 0x1 },
  CPTS_EVENT_LOW:      { offset: 0x34, access: "ro" },
  CPTS_EVENT_HIGH:     { offset: 0x38, access: "ro" },
});

/** Section 14.5.1. */
// deno-fmt-ignore
export const CPSW_ALE = defineRegisters({
  IDVER:        { offset: 0x00, access: "ro", reset: 0x0029_0104 },
  CONTROL:      { offset: 0x08, writable: 0xe000_01ff, fields: { ENABLE_RATE_LIMIT: 0, ENABLE_AUTH_MODE: 1, VLAN_AWARE: 2, RATE_LIMIT_TX: 3, BYPASS: 4, ENABLE_OUI_DENY: 5, EN_VID0_MODE: 6, LEARN_NO_VID: 7, EN_P0_UNI_FLOOD: 8, AGE_OUT_NOW: 29, CLEAR_TABLE: 30, ENABLE_ALE: 31 } },
  PRESCALE:     { offset: 0x10, writable: 0xf_ffff },
  UNKNOWN_VLAN: { offset: 0x18, writable: 0x3f3f_3f3f, fields: { UNKNOWN_VLAN_MEMBER_LIST: [0, 5], UNKNOWN_MCAST_FLOOD_MASK: [8, 13], UNKNOWN_REG_MCAST_FLOOD_MASK: [16, 21], UNKNOWN_FORCE_UNTAGGED_EGRESS: [24, 29] } },
  TBLCTL:       { offset: 0x20, writable: 0x8000_03ff, fields: { ENTRY_POINTER: [0, 9], WRITE_RDZ: 31 } },
  TBLW2:        { offset: 0x34, writable: 0xff },
  TBLW1:        { offset: 0x38 },
  TBLW0:        { offset: 0x3c },
  PORTCTL:      { offset: 0x40, count: 6, writable: 0xffff_003f, fields: { PORT_STATE: [0, 1], DROP_UNTAGGED: 2, VID_INGRESS_CHECK: 3, NO_LEARN: 4, NO_SA_UPDATE: 5, MCAST_LIMIT: [16, 23], BCAST_LIMIT: [24, 31] } },
});

/** Section 14.5.7. */
// deno-fmt-ignore
export const CPGMAC_SL = defineRegisters({
  IDVER:      { offset: 0x00, access: "ro", reset: 0x0017_0112 },
  MACCONTROL: { offset: 0x04, writable: 0x01e7_8cff, fields: { FULLDUPLEX: 0, LOOPBACK: 1, MTEST: 2, RX_FLOW_EN: 3, TX_FLOW_EN: 4, GMII_EN: 5, TX_PACE: 6, GIG: 7, TX_SHORT_GAP_EN: 10, CMD_IDLE: 11, IFCTL_A: 15, IFCTL_B: 16, GIG_FORCE: 17, EXT_EN: 18, TX_SHORT_GAP_LIM_EN: 21, RX_CEF_EN: 22, RX_CSF_EN: 23, RX_CMF_EN: 24 } },
  MACSTATUS:  { offset: 0x08, access: "ro", fields: { TX_FLOW_ACT: 0, RX_FLOW_ACT: 1, EXT_FULLDUPLEX: 3, EXT_GIG: 4, IDLE: 31 } },
  SOFT_RESET: { offset: 0x0c, writable: 0x0, fields: { SOFT_RESET: 0 } },
  RX_MAXLEN:  { offset: 0x10, reset: 0x5ee, writable: 0x3fff },
  BOFFTEST:   { offset: 0x14, writable: 0x0 },
  RX_PAUSE:   { offset: 0x18, access: "ro" },
  TX_PAUSE:   { offset: 0x1c, access: "ro" },
  EMCONTROL:  { offset: 0x20, writable: 0x3 },
  RX_PRI_MAP: { offset: 0x24, reset: 0x7654_3210, writable: 0x7777_7777 },
  TX_GAP:     { offset: 0x28, reset: 0xc, writable: 0x1ff },
});

const MISC = {
  MDIO_USERINT: 0,
  MDIO_LINKINT: 1,
  HOST_PEND: 2,
  STAT_PEND: 3,
  EVNT_PEND: 4,
} as const;
const CORES = { count: 3, stride: 0x10 } as const;
const PACED = { count: 3, stride: 8 } as const;

/** Section 14.5.9. Of an array the first is C0. */
// deno-fmt-ignore
export const CPSW_WR = defineRegisters({
  IDVER:           { offset: 0x00, access: "ro", reset: 0x4edb_0100 },
  SOFT_RESET:      { offset: 0x04, writable: 0x0, fields: { SOFT_RESET: 0 } },
  CONTROL:         { offset: 0x08, writable: 0xf, fields: { MMR_IDLEMODE: [0, 1], MMR_STDBYMODE: [2, 3] } },
  INT_CONTROL:     { offset: 0x0c, writable: 0x803f_0fff, fields: { INT_PRESCALE: [0, 11], INT_PACE_EN: [16, 21], INT_TEST: 31 } },
  C_RX_THRESH_EN:  { offset: 0x10, ...CORES, writable: 0xff },
  C_RX_EN:         { offset: 0x14, ...CORES, writable: 0xff },
  C_TX_EN:         { offset: 0x18, ...CORES, writable: 0xff },
  C_MISC_EN:       { offset: 0x1c, ...CORES, writable: 0x1f, fields: MISC },
  C_RX_THRESH_STAT: { offset: 0x40, access: "ro", ...CORES },
  C_RX_STAT:       { offset: 0x44, access: "ro", ...CORES },
  C_TX_STAT:       { offset: 0x48, access: "ro", ...CORES },
  C_MISC_STAT:     { offset: 0x4c, access: "ro", ...CORES, fields: MISC },
  C_RX_IMAX:       { offset: 0x70, ...PACED, writable: 0x3f },
  C_TX_IMAX:       { offset: 0x74, ...PACED, writable: 0x3f },
  RGMII_CTL:       { offset: 0x88, access: "ro" },
});
