# A server of HTTP for tests, on this machine alone: each path is answered by a
# function of its own. Some of them know no manners.
import contextlib
import http.server
import ssl
import threading
import time


class Server:
    """`paths`: functions of a request's body, by path; each returns a code, a
    type and a body, or writes to the connection that it is given."""

    def __init__(self, paths, context=None):
        outer = self
        self.paths, self.seen = paths, []

        class Answering(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                outer.answer(self)

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0),
                                                      Answering)
        self.server.daemon_threads = True
        # Who hangs up on purpose is no error.
        self.server.handle_error = lambda *words: None
        if context:
            self.server.socket = context.wrap_socket(self.server.socket,
                                                     server_side=True)
        self.port = self.server.server_address[1]
        self.url = '%s://localhost:%d' % ('https' if context else 'http',
                                          self.port)
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def answer(self, wire):
        size = int(wire.headers.get('Content-Length', 0))
        body = wire.rfile.read(size)
        self.seen.append((wire.path, dict(wire.headers), body))
        found = self.paths.get(wire.path)
        said = found(body, wire) if found else (404, 'text/plain', b'no')
        if said is None:
            return
        code, kind, data, *more = said
        with contextlib.suppress(OSError):
            wire.send_response(code)
            wire.send_header('Content-Type', kind)
            wire.send_header('Content-Length', str(len(data)))
            for name, value in more:
                wire.send_header(name, value)
            wire.end_headers()
            wire.wfile.write(data)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def hang(body, wire):
    """Says nothing, for longer than anybody waits here."""
    time.sleep(15)


def drip(body, wire):
    """Always one more byte, so that no single one is late."""
    with contextlib.suppress(OSError):
        wire.send_response(200)
        wire.send_header('Content-Length', '1000')
        wire.end_headers()
        for _ in range(60):
            wire.wfile.write(b'0')
            wire.wfile.flush()
            time.sleep(0.2)


def endless(body, wire):
    """Sends without a length, until nobody listens."""
    with contextlib.suppress(OSError):
        wire.send_response(200)
        wire.end_headers()
        for _ in range(1 << 14):
            wire.wfile.write(bytes(1 << 16))


def drop(body, wire):
    """Hangs up in the middle."""
    with contextlib.suppress(OSError):
        wire.send_response(200)
        wire.send_header('Content-Length', '1000')
        wire.end_headers()
        wire.wfile.write(b'half')


def elsewhere(url, code=307):
    return lambda body, wire: (code, 'text/plain', b'',
                                  ('Location', url))


def tls(crt, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, key)
    return context
