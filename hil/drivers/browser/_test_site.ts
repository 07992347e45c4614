/**
 * A web site for tests: a page with a phone of its own that calls itself, over TLS. The keys are no
 * secret, and the authority has signed nothing else.
 */

export const AUTHORITY = `-----BEGIN CERTIFICATE-----
MIIBmTCCAT+gAwIBAgIUDsL8PTv5F4iZm38eqmZfPN33ZtQwCgYIKoZIzj0EAwIw
ITEfMB0GA1UEAwwWVGVzdCBDQSBvZiB0aGUgYnJvd3NlcjAgFw0yNjExMjUwOTUw
MTlaGA8yMTI2MTEwMTA5NTAxOVowITEfMB0GA1UEAwwWVGVzdCBDQSBvZiB0aGUg
YnJvd3NlcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABN2g5OAUVomkqQlWEbSy
garkZhi/MzD7EBepQ9UQ+BA6e/3sygLc8CGAP4cDTo0DRaPM/ezolx8CRdZ8Yuq+
DPqjUzBRMB0GA1UdDgQWBBTdlQI58QKZabjUpdNGExFKqr0FjTAfBgNVHSMEGDAW
gBTdlQI58QKZabjUpdNGExFKqr0FjTAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49
BAMCA0gAMEUCIQCDqJNTgsQKTaqTsa8ARDc9C1y++WzDHLqmLWnaKvfY2AIgGxqY
eo7KVl153AyvA3L7RQUMn4jnKhPPCBMmhiDZEXY=
-----END CERTIFICATE-----
`;

const PBX_EXAMPLE = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBrDCCAVKgAwIBAgIUSIIgQ7DWF2liL0bf46pmAinowzUwCgYIKoZIzj0EAwIw
ITEfMB0GA1UEAwwWVGVzdCBDQSBvZiB0aGUgYnJvd3NlcjAgFw0yNjExMjUwOTUw
MTlaGA8yMTI2MTEwMTA5NTAxOVowFjEUMBIGA1UEAwwLcGJ4LmV4YW1wbGUwWTAT
BgcqhkjOPQIBBggqhkjOPQMBBwNCAAR9WVoseXsgsErDXPVjx/UiBaS/f/rSMJ0N
Gg4hyIAdjwFMxO5ZNRVSnV6xN57IMTpZADSAIBzk50UJcb690fNoo3EwbzAiBgNV
HREEGzAZggtwYnguZXhhbXBsZYcEfwAAAYcExjNkATAJBgNVHRMEAjAAMB0GA1Ud
DgQWBBSSfW5a5Oci9r/+RYGxivfA99WsJDAfBgNVHSMEGDAWgBTdlQI58QKZabjU
pdNGExFKqr0FjTAKBggqhkjOPQQDAgNIADBFAiEAkNHhyQQnIE+/LyCpMAUY+4zO
EciiAI4LPjbXQx6GSdkCIC5uHJNHyCCrrcxYgkVrzIj3vI3WJGGilSZ5kEm9c9XV
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgtdJ/Ju/w2GPIOt4I
ZehiyqkeyGwSqaIz5I+y9RFsuEWhRANCAAR9WVoseXsgsErDXPVjx/UiBaS/f/rS
MJ0NGg4hyIAdjwFMxO5ZNRVSnV6xN57IMTpZADSAIBzk50UJcb690fNo
-----END PRIVATE KEY-----
`,
};

const PAGE = `<!doctype html><title>phone</title><link rel="icon" href="data:,">
<div id="phone" data-call="idle"></div><p role="alert"></p>
<button onclick="call()">Call</button><button onclick="talk()">Talk</button><audio autoplay></audio>
<script>
const state = document.querySelector("#phone").dataset;
async function call() {
  state.call = "calling";
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const [here, there] = [new RTCPeerConnection(), new RTCPeerConnection()];
    here.onicecandidate = ({ candidate }) => there.addIceCandidate(candidate);
    there.onicecandidate = ({ candidate }) => here.addIceCandidate(candidate);
    there.ontrack = ({ streams }) => document.querySelector("audio").srcObject = streams[0];
    for (const track of stream.getTracks()) here.addTrack(track, stream);
    await here.setLocalDescription();
    await there.setRemoteDescription(here.localDescription);
    await there.setLocalDescription();
    await here.setRemoteDescription(there.localDescription);
    state.call = "up";
  } catch (error) {
    document.querySelector("p").textContent = error.name;
    state.call = "failed";
  }
}
function talk() {
  const socket = new WebSocket("/socket");
  socket.onopen = () => socket.send("hello");
  socket.onmessage = ({ data }) => console.log("they say " + data);
}
</script>`;

export function serveSite(at: { readonly hostname: string; readonly port: number }): Site {
  return Deno.serve({ ...at, ...PBX_EXAMPLE, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/") return new Response(PAGE, { headers: { "content-type": "text/html" } });
    if (pathname !== "/socket") return new Response("no such page", { status: 404 });
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => socket.send(`${data} too`);
    return response;
  });
}

type Site = Deno.HttpServer<Deno.NetAddr>;
