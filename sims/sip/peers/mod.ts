/** Other people's SIP programs, as peers of ours. */
export {
  PEER_TOOLS,
  sippAnswer,
  sippCall,
  type SippOptions,
  sippRegister,
  sippUsers,
  type SipsakOptions,
  sipsakPing,
  sipsakRegister,
} from "./programs.ts";
