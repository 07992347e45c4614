/**
 * What Asterisk loads: `modules.conf`. One that is missing takes others along without much of a word:
 * without res_pjproject and res_sorcery_config there is no RTP, and every INVITE is answered 503.
 */
import { type AsteriskOptions, hasWebSocket } from "./config.ts";
import { section } from "./escape.ts";

const COMMON = [
  ...["res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb", "res_pjproject"],
  ...["res_timing_timerfd", "res_srtp", "res_rtp_asterisk", "res_security_log"],
  ...["bridge_simple", "bridge_native_rtp", "bridge_softmix", "bridge_builtin_features"],
  ...["pbx_config", "app_dial", "app_echo", "app_playback", "res_clioriginate"],
  ...["codec_ulaw", "codec_alaw", "codec_resample", "format_pcm", "format_wav"],
  ...["func_channel", "func_callerid"],
];
const CHAN_SIP = ["res_musiconhold", "chan_sip"];
const PJSIP = [
  ...["res_pjsip", "res_pjsip_session", "res_pjsip_sdp_rtp", "res_pjsip_authenticator_digest"],
  ...["res_pjsip_outbound_authenticator_digest", "res_pjsip_endpoint_identifier_user"],
  ...["res_pjsip_endpoint_identifier_ip", "res_pjsip_registrar", "res_pjsip_nat"],
  ...["res_pjsip_caller_id", "res_pjsip_dtmf_info", "res_pjsip_logger", "res_pjsip_acl"],
  ...["res_pjsip_pubsub", "res_pjsip_refer", "res_pjsip_rfc3326", "chan_pjsip"],
];

export function modules(options: AsteriskOptions): string {
  const ws = hasWebSocket(options);
  const http = ws ? ["res_http_websocket"] : [];
  // chan_sip and this one both claim the sub-protocol "sip" of WebSocket: never both.
  const pjsip = ws ? [...PJSIP, "res_pjsip_transport_websocket"] : PJSIP;
  const all = [...http, ...COMMON, ...options.variant === "chan_sip" ? CHAN_SIP : pjsip];
  return section("modules", { autoload: false, load: all.map((name) => `${name}.so`) });
}
