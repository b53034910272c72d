/* One JUnit XML document for all pairs: a test for each. A reject is a
 * failure; what cannot be decided, or not be done, is an error.
 *
 * Source: Jenkins, xunit-plugin, junit-10.xsd; W3C, XML 1.0, section 2.2 (the
 * characters that there are).
 */
#include "render.h"

#include <string.h>

/* escaped writes foreign text: what XML has no character for is left out,
 * what is no UTF-8 becomes U+FFFD, characters of `marks` become numbers. */
static void escaped(struct kf_output *out, struct kf_bytes text,
		    const char *marks)
{
	for (size_t at = 0; at < text.len;) {
		uint32_t code = 0;
		struct kf_bytes rest = kf_view(text.data + at, text.len - at);
		size_t len = kf_utf8(rest, &code);

		if (len == 0)
			kf_output_text(out, "\xef\xbf\xbd");
		else if (code && code < 0x80 && strchr(marks, (int)code))
			kf_output_print(out, "&#%u;", (unsigned)code);
		else if (code == '\n' || code == '\t' ||
			 (code >= 0x20 && code != 0xfffe && code != 0xffff))
			kf_output_add(out, (const char *)rest.data, len);
		at += len ? len : 1;
	}
}

/* xml writes text between tags; in an attribute, lines would become spaces. */
static void xml(struct kf_output *out, struct kf_bytes text)
{
	escaped(out, text, "&<>");
}

static void quoted(struct kf_output *out, struct kf_bytes text)
{
	escaped(out, text, "&<>\"\t\n");
}

static void attribute(struct kf_output *out, const char *name,
		      const char *value)
{
	kf_output_print(out, " %s=\"", name);
	quoted(out, kf_text(value));
	kf_output_text(out, "\"");
}

/* test_case opens a test. */
static void test_case(struct kf_render *r, const char *path,
		      const struct kf_device *device,
		      const struct kf_device_verifier *verifier)
{
	r->tests++;
	kf_output_text(&r->later, "    <testcase");
	attribute(&r->later, "name", path ? path : "any file");
	kf_output_text(&r->later, " classname=\"");
	quoted(&r->later, kf_text(device->name));
	if (verifier)
		kf_output_print(&r->later, ".%s", verifier->rules->name);
	kf_output_text(&r->later, "\">");
}

/* outcome writes <failure> or <error> with a type, a message and a text. */
static void outcome(struct kf_render *r, const char *tag, const char *type,
		    struct kf_bytes words, struct kf_bytes text)
{
	kf_output_print(&r->later, "<%s", tag);
	attribute(&r->later, "type", type);
	kf_output_text(&r->later, " message=\"");
	quoted(&r->later, words);
	kf_output_text(&r->later, "\">");
	xml(&r->later, text);
	kf_output_print(&r->later, "</%s>", tag);
}

static void pair(struct kf_render *r, const struct kf_pair *pair)
{
	const struct kf_verdict *v = pair->verdict;
	struct kf_render text = { .form = &kf_form_text };
	struct kf_output words = { 0 };
	bool rejected = v->answer == KF_REJECT;

	kf_form_text.pair(&text, pair);
	kf_words_why(&words, pair);
	test_case(r, pair->path, pair->device, pair->verifier);
	if (v->answer != KF_ACCEPT) {
		outcome(r, rejected ? "failure" : "error",
			v->why.reason ? v->why.reason->slug : "unknown",
			kf_view(words.data, words.len),
			kf_view(text.out.data, text.out.len));
		r->failures += rejected;
		r->errors += !rejected;
	} else if (v->num_warnings) {
		kf_output_text(&r->later, "<system-out>");
		xml(&r->later, kf_view(text.out.data, text.out.len));
		kf_output_text(&r->later, "</system-out>");
	}
	kf_output_text(&r->later, "</testcase>\n");
	r->later.failed = r->later.failed || text.out.failed || words.failed;
	kf_output_close(&text.out);
	kf_output_close(&words);
}

static void fault(struct kf_render *r, const char *path,
		  const struct kf_device *device,
		  const struct kf_device_verifier *verifier,
		  const struct kf_fault *fault)
{
	test_case(r, path, device, verifier);
	outcome(r, "error", "fault", kf_text(fault->what),
		kf_text(fault->hint));
	kf_output_text(&r->later, "</testcase>\n");
	r->errors++;
}

static void end(struct kf_render *r)
{
	kf_output_text(&r->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	kf_output_print(&r->out, "<testsuites tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n",
			r->tests, r->failures, r->errors);
	kf_output_print(&r->out, "  <testsuite name=\"keyfit check\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n",
			r->tests, r->failures, r->errors);
	kf_output_add(&r->out, r->later.data, r->later.len);
	kf_output_text(&r->out, "  </testsuite>\n</testsuites>\n");
	r->out.failed = r->out.failed || r->later.failed;
}

const struct kf_form kf_form_junit = {
	.name = "junit",
	.whole = true,
	.pair = pair,
	.fault = fault,
	.end = end,
};
