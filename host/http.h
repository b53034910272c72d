/* Bytes are posted to a server, and its answer comes back. Nothing else in
 * keyfit uses the network, but libpq for a fleet that lies on a server; and
 * this only for a URL that somebody named.
 *
 * The answer is whatever the server likes: the caller verifies it. How long it
 * may be, and how long all of the exchange may take, is bounded. http and https
 * alone; who is sent elsewhere goes from https to https alone. Proxies are
 * those of the environment (http_proxy, https_proxy, all_proxy, no_proxy);
 * whoever answers https has to prove its name to a root of the machine, or of
 * the file that SSL_CERT_FILE names.
 */
#ifndef KEYFIT_HOST_HTTP_H
#define KEYFIT_HOST_HTTP_H

#include <keyfit/host.h>

enum {
	KF_HTTP_WAIT_S = 60,
	KF_HTTP_TYPE_MAX = 80,
	KF_HTTP_OK = 200,
};

/* kf_http_post is what is sent, where to, and what is put up with. */
struct kf_http_post {
	const char *url;
	const char *type;	/* of what is sent */
	struct kf_bytes body;
	size_t max_len;		/* of the answer */
	unsigned wait_s;	/* for all of it; 0: KF_HTTP_WAIT_S */
};

/* kf_http_answer is what came back, whatever its code. */
struct kf_http_answer {
	unsigned code;
	char type[KF_HTTP_TYPE_MAX];	/* as far as it fits; may be empty */
	uint8_t *data;
	size_t len;
};

/* kf_http_ready tells whether it could be sent: nothing is, yet.
 * Fails: KF_WRONG_USE (no URL of http or https), KF_CANNOT_READ (the library
 * that does it is not there), KF_NO_MEMORY. */
KF_MUST enum kf_status kf_http_ready(const char *url, struct kf_fault *why);

/* kf_http_post_bytes sends, and waits. Owns: `out`, until kf_http_close, which
 * takes a zeroed one too. Fails: as kf_http_ready; KF_CANNOT_READ (no answer,
 * too late, too long), KF_NO_MEMORY. */
KF_MUST enum kf_status kf_http_post_bytes(struct kf_http_answer *out,
					  const struct kf_http_post *post,
					  struct kf_fault *why);
void kf_http_close(struct kf_http_answer *answer);

/* kf_http_host is the server that a URL names, in a few words: what may be told
 * and written down. Fails: empty, it names none. */
struct kf_bytes kf_http_host(const char *url);

#endif
