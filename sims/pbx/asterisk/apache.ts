/**
 * Apache's configuration: TLS on 443, the web phone's page at `/`, and the WebSocket of Asterisk's
 * HTTP server behind a path. X-Forwarded-For is as Apache sets it (mod_proxy, "Reverse Proxy Request
 * Headers"): what the client said, and then the client's own address.
 */
import { portNumber, value } from "./escape.ts";

export interface ApacheOptions {
  readonly name: string;
  readonly port: number;
  /** Of the WebSocket: "/pbxws". */
  readonly path: string;
  /** Of Asterisk's HTTP server, on 127.0.0.1. */
  readonly httpPort: number;
  /** PEM files, as Apache sees them. */
  readonly certificate: string;
  readonly key: string;
  /** Folder of the page, as Apache sees it. */
  readonly page: string;
  /** Sent with all that it serves itself. */
  readonly headers: Readonly<Record<string, string>>;
  /** After which a WebSocket without traffic is closed, in seconds. */
  readonly timeoutS: number;
}

/** Where the file is, in the container. */
export const APACHE_FOLDER = "/etc/apache2";

const MODULES = [
  ...["mpm_event", "authz_core", "dir", "mime", "headers", "socache_shmcb", "ssl"],
  ...["filter", "deflate"],
  ...["proxy", "proxy_http", "proxy_wstunnel"],
];
/** Apache's own. */
const TIMEOUT_S = 60;
const TYPES = { "text/html": ".html", "text/css": ".css", "text/javascript": ".js" };

/** @throws TypeError, RangeError for what cannot be said in Apache's file */
export function apacheConf(options: ApacheOptions): string {
  const { name, port, path, httpPort, certificate, key, page, headers, timeoutS } = options;
  for (const text of [name, path, certificate, key, page]) value(text, "Apache with");
  for (const number of [port, httpPort]) portNumber(number);
  if (!Number.isInteger(timeoutS) || timeoutS < 1) {
    throw new RangeError(
      `Cannot configure a proxy with a limit of "${timeoutS}" s: that is no whole number from 1 ` +
        `on; choose one`,
    );
  }
  return [
    ...MODULES.map((module) =>
      `LoadModule ${module}_module /usr/lib/apache2/modules/mod_${module}.so`
    ),
    `ServerName ${name}`,
    "ServerTokens Prod",
    // Linux lets a socket of IPv6 take IPv4 too.
    `Listen [::]:${port} https`,
    "User www-data",
    "Group www-data",
    "DefaultRuntimeDir /run",
    "PidFile /run/apache2.pid",
    // The process's own output is what becomes the trace.
    "ErrorLog /proc/self/fd/2",
    "LogLevel notice",
    'LogFormat "%a %{X-Forwarded-For}i \\"%r\\" %>s %O" trace',
    "CustomLog /proc/self/fd/1 trace",
    ...Object.entries(TYPES).map(([type, name]) => `AddType ${type} ${name}`),
    `AddOutputFilterByType DEFLATE ${Object.keys(TYPES).join(" ")}`,
    "SSLSessionCache shmcb:/run/ssl_sessions(512000)",
    "SSLEngine on",
    "SSLProtocol -all +TLSv1.2 +TLSv1.3",
    `SSLCertificateFile ${certificate}`,
    `SSLCertificateKeyFile ${key}`,
    // Debian's is elsewhere, and has more than is served here.
    "TypesConfig /dev/null",
    `DocumentRoot ${page}`,
    "DirectoryIndex index.html",
    "<Directory />",
    "  Require all denied",
    "</Directory>",
    `<Directory ${page}>`,
    "  Require all granted",
    ...Object.entries(headers).map(([name, text]) => `  Header always set ${name} "${text}"`),
    "</Directory>",
    // The longer one of both is in force (ap_proxy_tunnel_create).
    `Timeout ${Math.min(TIMEOUT_S, timeoutS)}`,
    `ProxyPass "${path}" "ws://127.0.0.1:${httpPort}/ws" timeout=${timeoutS}`,
    "",
  ].join("\n");
}
