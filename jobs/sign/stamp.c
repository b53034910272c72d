/* Asks a time stamp server over HTTP.
 *
 * Source: RFC 3161, 3.4.
 */
#include "stamp.h"

#include "host/http.h"

#include <stdio.h>

/* say words what is wrong with a server. */
static enum kf_status say(const struct kf_making *m, enum kf_status status,
			  const struct kf_fault *what, struct kf_fault *why)
{
	struct kf_bytes host = kf_http_host(m->ask.stamp_url);

	if (what->what[0])
		kf_fault_say(why, what->hint,
			     "has got no time stamp of %.*s: %.140s",
			     host.len < 60 ? (int)host.len : 60,
			     (const char *)host.data, what->what);
	return status;
}

/* ask posts a request. */
static enum kf_status ask(struct kf_http_answer *out, const struct kf_making *m,
			  struct kf_bytes request, struct kf_fault *why)
{
	const struct kf_http_post post = {
		.url = m->ask.stamp_url,
		.type = "application/timestamp-query",
		.body = request,
		.max_len = KF_STAMP_MAX,
		.wait_s = m->ask.stamp_wait_s,
	};
	enum kf_status status = kf_http_post_bytes(out, &post, why);

	if (status != KF_OK || out->code == KF_HTTP_OK)
		return status;
	kf_fault_say(why, out->code / 100 == 3
		     ? "it sends elsewhere: name that URL" : "try again later, or ask another one",
		     "it answers %u", out->code);
	return KF_CANNOT_READ;
}

enum kf_status kf_making_stamp(struct kf_making *m, struct kf_fault *why)
{
	const struct kf_bytes signature = {
		m->signature.bytes, m->signature.len,
	};
	struct kf_stamp_question question = {
		.root = m->ask.stamp_root,
		.num_roots = m->ask.num_stamp_roots,
	};
	struct kf_http_answer answer = { 0 };
	struct kf_fault what = { 0 };
	enum kf_status status = kf_stamp_ask(&question.request, m->crypto,
					     signature, m->env->arena);

	if (status == KF_OK)
		status = ask(&answer, m, question.request, &what);
	if (status == KF_OK)
		status = kf_stamp_read(&m->stamp, &question,
				       kf_view(answer.data, answer.len),
				       m->crypto, m->env->arena, &what);
	kf_http_close(&answer);
	if (status == KF_OK)
		return KF_OK;
	m->unstamped = true;
	return say(m, status, &what, why);
}
