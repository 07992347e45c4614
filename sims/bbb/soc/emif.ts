/**
 * EMIF: the DDR controller (AM335x TRM SPRUH73, section 7.3.5). Timing and refresh are stored, and do
 * nothing: RAM works from power-on, and performance counters stand still.
 */
import { defineRegisters, Peripheral, type VirtualClock } from "sims/engine/mod.ts";

// deno-fmt-ignore
export const EMIF = defineRegisters({
  EMIF_MOD_ID_REV: { offset: 0x0, reset: 0x40443403, access: "ro", fields: { reg_minor_revision: [0, 5], reg_major_revision: [8, 10], reg_rtl_version: [11, 15], reg_module_id: [16, 27], reg_scheme: [30, 31] } },
  STATUS: { offset: 0x4, reset: 0x40000004, access: "ro", fields: { reg_phy_dll_ready: 2, reg_fast_init: 29, reg_dual_clk_mode: 30, reg_be: 31 } },
  SDRAM_CONFIG: { offset: 0x8, reset: 0x4104bab2, fields: { reg_pagesize: [0, 2], reg_ebank: 3, reg_ibank: [4, 6], reg_rowsize: [7, 9], reg_cl: [10, 13], reg_narrow_mode: [14, 15], reg_cwl: [16, 17], reg_sdram_drive: [18, 19], reg_ddr_disable_dll: 20, reg_dyn_odt: [21, 22], reg_ddr2_ddqs: 23, reg_ddr_term: [24, 26], reg_ibank_pos: [27, 28], reg_sdram_type: [29, 31] } },
  SDRAM_CONFIG_2: { offset: 0xc, writable: 0x48000037, fields: { reg_ebank_pos: 27 } },
  SDRAM_REF_CTRL: { offset: 0x10, reset: 0x80001388, writable: 0xb700ffff, fields: { reg_refresh_rate: [0, 15], reg_pasr: [24, 26], reg_asr: 28, reg_srt: 29, reg_initref_dis: 31 } },
  SDRAM_REF_CTRL_SHDW: { offset: 0x14, reset: 0x1388, writable: 0xffff, fields: { reg_refresh_rate_shdw: [0, 15] } },
  SDRAM_TIM_1: { offset: 0x18, reset: 0x8891599, writable: 0x1fffffff, fields: { reg_t_wtr: [0, 2], reg_t_rrd: [3, 5], reg_t_rc: [6, 11], reg_t_ras: [12, 16], reg_t_wr: [17, 20], reg_t_rcd: [21, 24], reg_t_rp: [25, 28] } },
  SDRAM_TIM_1_SHDW: { offset: 0x1c, reset: 0x8891599, writable: 0x1fffffff, fields: { reg_t_wtr_shdw: [0, 2], reg_t_rrd_shdw: [3, 5], reg_t_rc_shdw: [6, 11], reg_t_ras_shdw: [12, 16], reg_t_wr_shdw: [17, 20], reg_t_rcd_shdw: [21, 24], reg_t_rp_shdw: [25, 28] } },
  SDRAM_TIM_2: { offset: 0x20, reset: 0x148b31ca, writable: 0x7fffffff, fields: { reg_t_cke: [0, 2], reg_t_rtp: [3, 5], reg_t_xsrd: [6, 15], reg_t_xsnr: [16, 24], reg_t_xp: [28, 30] } },
  SDRAM_TIM_2_SHDW: { offset: 0x24, reset: 0x148b31ca, writable: 0x7fffffff, fields: { reg_t_cke_shdw: [0, 2], reg_t_rtp_shdw: [3, 5], reg_t_xsrd_shdw: [6, 15], reg_t_xsnr_shdw: [16, 24], reg_t_xp_shdw: [28, 30] } },
  SDRAM_TIM_3: { offset: 0x28, reset: 0xffe82f, writable: 0xf0ffffff, fields: { reg_t_ras_max: [0, 3], reg_t_rfc: [4, 12], reg_zq_zqcs: [15, 20], reg_t_pdll_ul: [28, 31] } },
  SDRAM_TIM_3_SHDW: { offset: 0x2c, reset: 0xffe82f, writable: 0xf0ffffff, fields: { reg_t_ras_max_shdw: [0, 3], reg_t_rfc_shdw: [4, 12], reg_zq_zqcs_shdw: [15, 20], reg_t_pdll_ul_shdw: [28, 31] } },
  PWR_MGMT_CTRL: { offset: 0x38, writable: 0xffff, fields: { reg_cs_tim: [0, 3], reg_sr_tim: [4, 7], reg_lp_mode: [8, 10], reg_dpd_en: 11, reg_pd_tim: [12, 15] } },
  PWR_MGMT_CTRL_SHDW: { offset: 0x3c, writable: 0xfff, fields: { reg_cs_tim_shdw: [0, 3], reg_sr_tim_shdw: [4, 7], reg_pd_tim_shdw: [8, 11] } },
  OCP_CONFIG: { offset: 0x54, reset: 0xffffff, writable: 0xffffff, fields: { REG_PR_OLD_COUNT: [0, 7], REG_COS_COUNT_2: [8, 15], REG_COS_COUNT_1: [16, 23] } },
  OCP_CFG_VAL_1: { offset: 0x58, reset: 0x8000140a, access: "ro", fields: { REG_CMD_FIFO_DEPTH: [0, 7], REG_WR_FIFO_DEPTH: [8, 15], REG_SYS_BUS_WIDTH: [30, 31] } },
  OCP_CFG_VAL_2: { offset: 0x5c, reset: 0x5470, access: "ro", fields: { REG_RCMD_FIFO_DEPTH: [0, 7], REG_RSD_FIFO_DEPTH: [8, 15], REG_RREG_FIFO_DEPTH: [16, 23] } },
  PERF_CNT_1: { offset: 0x80, access: "ro", fields: { reg_counter1: [0, 31] } },
  PERF_CNT_2: { offset: 0x84, access: "ro", fields: { reg_counter2: [0, 31] } },
  PERF_CNT_CFG: { offset: 0x88, reset: 0x10000, writable: 0xc00fc00f, fields: { reg_cntr1_cfg: [0, 3], reg_cntr1_region_en: 14, reg_cntr1_mconnid_en: 15, reg_cntr2_cfg: [16, 19], reg_cntr2_region_en: 30, reg_cntr2_mconnid_en: 31 } },
  PERF_CNT_SEL: { offset: 0x8c, writable: 0xff03ff03, fields: { reg_region_sel1: [0, 1], reg_mconnid1: [8, 15], reg_region_sel2: [16, 17], reg_mconnid2: [24, 31] } },
  PERF_CNT_TIM: { offset: 0x90, access: "ro", fields: { reg_total_time: [0, 31] } },
  READ_IDLE_CTRL: { offset: 0x98, reset: 0x50000, writable: 0xf01ff, fields: { reg_read_idle_interval: [0, 8], reg_read_idle_len: [16, 19] } },
  READ_IDLE_CTRL_SHDW: { offset: 0x9c, reset: 0xc350, writable: 0xf01ff, fields: { reg_read_idle_interval_shdw: [0, 8], reg_read_idle_len_shdw: [16, 19] } },
  IRQSTATUS_RAW_SYS: { offset: 0xa4, access: "w1s", writable: 0x7, fields: { reg_err_sys: 0, reg_ta_sys: 1 } },
  IRQSTATUS_SYS: { offset: 0xac, access: "w1c", of: "IRQSTATUS_RAW_SYS", writable: 0x7, fields: { reg_err_sys: 0, reg_ta_sys: 1 } },
  IRQENABLE_SET_SYS: { offset: 0xb4, access: "w1s", writable: 0x7, fields: { reg_en_err_sys: 0, reg_en_ta_sys: 1 } },
  IRQENABLE_CLR_SYS: { offset: 0xbc, access: "w1c", of: "IRQENABLE_SET_SYS", writable: 0x7, fields: { reg_en_err_sys: 0, reg_en_ta_sys: 1 } },
  ZQ_CONFIG: { offset: 0xc8, writable: 0xf00fffff, fields: { reg_zq_refinterval: [0, 15], reg_zq_zqcl_mult: [16, 17], reg_zq_zqinit_mult: [18, 19], reg_zq_sfexiten: 28, reg_zq_dualcalen: 29, reg_zq_cs0en: 30, reg_zq_cs1en: 31 } },
  RDWR_LVL_RMP_WIN: { offset: 0xd4, access: "ro", fields: { REG_RDWRLVLINC_RMP_WIN: [0, 12] } },
  RDWR_LVL_RMP_CTRL: { offset: 0xd8, writable: 0x80ffff00, fields: { REG_RDLVLGATEINC_RMP_INT: [8, 15], REG_RDLVLINC_RMP_INT: [16, 23], REG_RDWRLVL_EN: 31 } },
  RDWR_LVL_CTRL: { offset: 0xdc, fields: { REG_WRLVLINC_INT: [0, 7], REG_RDLVLGATEINC_INT: [8, 15], REG_RDLVLINC_INT: [16, 23], REG_RDWRLVLINC_PRE: [24, 30], REG_RDWRLVLFULL_START: 31 } },
  DDR_PHY_CTRL_1: { offset: 0xe4, fields: { reg_read_latency: [0, 4], reg_phy_rd_local_odt: [8, 9], reg_phy_wr_local_odt: [10, 11], reg_phy_idle_local_odt: [12, 13], reg_phy_rst_n: 15, reg_phy_enable_dynamic_pwrdn: 20 } },
  DDR_PHY_CTRL_1_SHDW: { offset: 0xe8, fields: { reg_read_latency: [0, 4], reg_phy_rd_local_odt: [8, 9], reg_phy_wr_local_odt: [10, 11], reg_phy_idle_local_odt: [12, 13], reg_phy_rst_n: 15, reg_phy_enable_dynamic_pwrdn: 20 } },
  PRI_COS_MAP: { offset: 0x100, writable: 0x8000ffff, fields: { REG_PRI_0_COS: [0, 1], REG_PRI_1_COS: [2, 3], REG_PRI_2_COS: [4, 5], REG_PRI_3_COS: [6, 7], REG_PRI_4_COS: [8, 9], REG_PRI_5_COS: [10, 11], REG_PRI_6_COS: [12, 13], REG_PRI_7_COS: [14, 15], REG_PRI_COS_MAP_EN: 31 } },
  CONNID_COS_1_MAP: { offset: 0x104, fields: { REG_MSK_3_COS_1: [0, 1], REG_CONNID_3_COS_1: [2, 9], REG_MSK_2_COS_1: [10, 11], REG_CONNID_2_COS_1: [12, 19], REG_MSK_1_COS_1: [20, 22], REG_CONNID_1_COS_1: [23, 30], REG_CONNID_COS_1_MAP_EN: 31 } },
  CONNID_COS_2_MAP: { offset: 0x108, fields: { REG_MSK_3_COS_2: [0, 1], REG_CONNID_3_COS_2: [2, 9], REG_MSK_2_COS_2: [10, 11], REG_CONNID_2_COS_2: [12, 19], REG_MSK_1_COS_2: [20, 22], REG_CONNID_1_COS_2: [23, 30], REG_CONNID_COS_2_MAP_EN: 31 } },
  RD_WR_EXEC_THRSH: { offset: 0x120, reset: 0x305, writable: 0x1f1f, fields: { REG_RD_THRSH: [0, 4], REG_WR_THRSH: [8, 12] } },
});

export class Emif extends Peripheral<keyof typeof EMIF.index> {
  constructor(options: { readonly name?: string; readonly clock: VirtualClock }) {
    super(options.name ?? "EMIF0", EMIF, options.clock);
  }

  /** Nothing but writes and alarms changes what is read. */
  override steadyUntil(): number {
    return Infinity;
  }
}
