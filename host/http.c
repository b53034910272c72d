/* HTTP by libcurl, which is loaded when somebody names a URL. The one that
 * speaks TLS by GnuTLS comes first: the other one shares its OpenSSL with the
 * judge.
 *
 * Source: libcurl 7.88.1, docs/libcurl/opts/CURLOPT_*.3 of the options' names.
 */
#include "http.h"

#include "library.h"

#include <curl/curl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FUNCTION(name) __typeof__(&curl_##name) name;
struct functions {
#include "http.def"
};
#undef FUNCTION

static const char *const names[] = {
#define FUNCTION(name) "curl_" #name,
#include "http.def"
#undef FUNCTION
};

static struct functions lib;

enum {
	REDIRECTS_MAX = 5,
	ROOM_FIRST = 4096,
	HOST_MAX = 100,
	MS = 1000,
};

/* exchange is one that is under way. */
struct exchange {
	struct kf_http_answer *out;
	size_t room, max_len;
	bool too_long, no_memory;
};

static bool load(void)
{
	static const char *const files[] = {
		"libcurl-gnutls.so.4", "libcurl.so.4",
	};
	static bool loaded;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && !loaded;
	     i++)
		loaded = kf_library_load(&lib, files[i], names,
					 sizeof(names) / sizeof(names[0])) &&
			 lib.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	return loaded;
}

static bool is_secure(const char *url)
{
	return strncasecmp(url, "https://", 8) == 0;
}

struct kf_bytes kf_http_host(const char *url)
{
	size_t scheme = is_secure(url) ? 8 :
			strncasecmp(url, "http://", 7) == 0 ? 7 : 0;
	size_t len = strcspn(url + scheme, "/?#");

	if (!scheme || memchr(url + scheme, '@', len))
		return kf_view(NULL, 0);
	return kf_view(url + scheme, len < HOST_MAX ? len : HOST_MAX);
}

/* parses asks libcurl, which later takes the URL by the same rules. */
static enum kf_status parses(const char *url, struct kf_fault *why)
{
	CURLU *parts = lib.url();
	CURLUcode code = parts ? lib.url_set(parts, CURLUPART_URL, url,
					     CURLU_DISALLOW_USER)
			       : CURLUE_OUT_OF_MEMORY;

	lib.url_cleanup(parts);
	if (code == CURLUE_OK)
		return KF_OK;
	if (code == CURLUE_OUT_OF_MEMORY)
		return KF_NO_MEMORY;
	kf_fault_say(why, "blanks and the like are written %20",
		     "is a URL that libcurl does not take apart");
	return KF_WRONG_USE;
}

enum kf_status kf_http_ready(const char *url, struct kf_fault *why)
{
	if (!kf_http_host(url).len) {
		kf_fault_say(why, "as http://timestamp.example.com/tsa; no other scheme, and no name and password in it",
			     "is no URL that keyfit posts to");
		return KF_WRONG_USE;
	}
	if (!load()) {
		kf_fault_say(why, "Debian has it as libcurl3-gnutls, or libcurl4",
			     "libcurl is not installed: keyfit speaks HTTP by it");
		return KF_CANNOT_READ;
	}
	return parses(url, why);
}

/* take keeps what comes in. Whatever it does not take ends the exchange. */
static size_t take(char *data, size_t one, size_t len, void *self)
{
	struct exchange *e = self;
	struct kf_http_answer *out = e->out;
	size_t room = e->room ? e->room : ROOM_FIRST;
	uint8_t *more;

	len *= one;
	e->too_long = len > e->max_len - out->len;
	if (e->too_long)
		return 0;
	while (room - out->len < len)
		room *= 2;
	more = room == e->room ? out->data : realloc(out->data, room);
	if (!more) {
		e->no_memory = true;
		return 0;
	}
	out->data = more;
	e->room = room;
	memcpy(out->data + out->len, data, len);
	out->len += len;
	return len;
}

/* choose sets what is the same for all. All of it has to be understood: a
 * library that does not know one of these bounds does not keep to it. */
static CURLcode choose(CURL *curl, const struct kf_http_post *post)
{
	const char *roots = getenv("SSL_CERT_FILE");
	bool secure = is_secure(post->url);
	unsigned wait_s = post->wait_s ? post->wait_s : KF_HTTP_WAIT_S;
	CURLcode code = CURLE_OK;

#define SET(option, value) \
	(code = code ? code : lib.easy_setopt(curl, CURLOPT_##option, value))
	SET(PROTOCOLS_STR, "http,https");
	SET(REDIR_PROTOCOLS_STR, "https");
	SET(FOLLOWLOCATION, secure ? 1L : 0L);
	SET(MAXREDIRS, (long)REDIRECTS_MAX);
	SET(POSTREDIR, (long)CURL_REDIR_POST_ALL);
	SET(NOSIGNAL, 1L);
	SET(TIMEOUT_MS, (long)wait_s * MS);
	SET(DISALLOW_USERNAME_IN_URL, 1L);
	SET(USERAGENT, "keyfit");
	if (roots && roots[0])
		SET(CAINFO, roots);
	SET(URL, post->url);
	SET(POST, 1L);
	SET(POSTFIELDSIZE_LARGE, (curl_off_t)post->body.len);
	SET(POSTFIELDS, post->body.len ? (const char *)post->body.data : "");
#undef SET
	return code;
}

/* headers says what is sent, and asks nobody first whether it may be. */
static struct curl_slist *headers(const char *type)
{
	char line[KF_HTTP_TYPE_MAX + 20];
	struct curl_slist *first = lib.slist_append(NULL, "Expect:"), *all;

	snprintf(line, sizeof(line), "Content-Type: %s", type);
	all = first ? lib.slist_append(first, line) : NULL;
	if (!all)
		lib.slist_free_all(first);
	return all;
}

/* explain words why there is no answer. */
static enum kf_status explain(CURLcode code, const struct exchange *e,
			      const struct kf_http_post *post, const char *told,
			      struct kf_fault *why)
{
	unsigned wait_s = post->wait_s ? post->wait_s : KF_HTTP_WAIT_S;

	if (code == CURLE_OUT_OF_MEMORY || e->no_memory)
		return KF_NO_MEMORY;
	if (e->too_long)
		kf_fault_say(why, "is it the right URL?",
			     "its answer is longer than the %zu bytes that it may have",
			     e->max_len);
	else if (code == CURLE_OPERATION_TIMEDOUT)
		kf_fault_say(why, "try again later, or ask another one",
			     "it has not answered within %u seconds", wait_s);
	else if (code == CURLE_UNSUPPORTED_PROTOCOL)
		kf_fault_say(why, "name the place that it sends to, if you trust it",
			     "it sends from https to another scheme, and keyfit does not follow");
	else if (code == CURLE_PEER_FAILED_VERIFICATION)
		kf_fault_say(why, "SSL_CERT_FILE=FILE names the roots that are trusted, where those of the machine are not",
			     "its certificate proves nothing: %.150s", told);
	else
		kf_fault_say(why, "is it the right URL, and does this machine reach it? http_proxy and https_proxy count",
			     "it cannot be asked: %.160s", told[0] ? told
			     : "libcurl is too old, or fails");
	return KF_CANNOT_READ;
}

/* read_head keeps the code and what the answer says it is. */
static void read_head(struct kf_http_answer *out, CURL *curl)
{
	const char *type = NULL;
	long number = 0;

	lib.easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &number);
	lib.easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	out->code = (unsigned)number;
	snprintf(out->type, sizeof(out->type), "%s", type ? type : "");
}

static enum kf_status run(CURL *curl, const struct curl_slist *list,
			  struct exchange *e, const struct kf_http_post *post,
			  struct kf_fault *why)
{
	char told[CURL_ERROR_SIZE] = "";
	CURLcode code = choose(curl, post);

	if (code == CURLE_OK)
		code = lib.easy_setopt(curl, CURLOPT_ERRORBUFFER, told);
	if (code == CURLE_OK)
		code = lib.easy_setopt(curl, CURLOPT_HTTPHEADER, list);
	if (code == CURLE_OK)
		code = lib.easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	if (code == CURLE_OK)
		code = lib.easy_setopt(curl, CURLOPT_WRITEDATA, e);
	if (code == CURLE_OK)
		code = lib.easy_perform(curl);
	if (code != CURLE_OK)
		return explain(code, e, post, told, why);
	read_head(e->out, curl);
	return KF_OK;
}

enum kf_status kf_http_post_bytes(struct kf_http_answer *out,
				  const struct kf_http_post *post,
				  struct kf_fault *why)
{
	struct exchange e = { .out = out, .max_len = post->max_len };
	enum kf_status status = kf_http_ready(post->url, why);
	struct curl_slist *list;
	CURL *curl;

	memset(out, 0, sizeof(*out));
	if (status != KF_OK)
		return status;
	curl = lib.easy_init();
	list = headers(post->type);
	status = curl && list ? run(curl, list, &e, post, why) : KF_NO_MEMORY;
	lib.slist_free_all(list);
	if (curl)
		lib.easy_cleanup(curl);
	if (status != KF_OK)
		kf_http_close(out);
	return status;
}

void kf_http_close(struct kf_http_answer *answer)
{
	free(answer->data);
	memset(answer, 0, sizeof(*answer));
}
