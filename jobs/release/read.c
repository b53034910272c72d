/* Reads a manifest.
 */
#include "release.h"

#include "core/dsse.h"
#include "core/hex.h"
#include "host/json_read.h"

#include <string.h>

enum { HEX_LEN = 64 };

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static bool is_hex(const char *text)
{
	return text && strlen(text) == HEX_LEN &&
	       strspn(text, "0123456789abcdef") == HEX_LEN;
}

/* is_number: none that is negative, or that others round. */
static bool is_number(const json_t *number)
{
	return json_is_integer(number) && json_integer_value(number) >= 0;
}

/* is_text: of a member that may be missing. */
static bool is_text(const json_t *object, const char *name)
{
	const json_t *member = json_object_get(object, name);

	return !member || json_is_string(member);
}

/* mark notes the signers of an artifact. Fails: one that is not there, or comes
 * twice. */
static bool mark(uint64_t *marked, const json_t *list, size_t num)
{
	uint64_t own = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		uint64_t n = (uint64_t)json_integer_value(one);

		if (!is_number(one) || n >= num || own >> n & 1)
			return false;
		own |= UINT64_C(1) << n;
	}
	*marked |= own;
	return json_is_array(list);
}

/* artifact says what is wrong with one; NULL: nothing. `last` is the path in
 * front of it. */
static const char *artifact(const json_t *one, const json_t *subject,
			    const char **last)
{
	const char *path = text_of(one, "path");
	const char *name = text_of(subject, "name");
	const char *sha256 = text_of(one, "sha256");
	const char *about = text_of(json_object_get(subject, "digest"),
				    "sha256");
	const json_t *counter = json_object_get(one, "security_counter");

	if (!path || !path[0] || !name || strcmp(path, name) != 0)
		return "an artifact has no path, or another one than it is about";
	if (!is_hex(sha256) || !about || strcmp(sha256, about) != 0)
		return "an artifact has no digest, or another one than it is about";
	if (*last && strcmp(*last, path) >= 0)
		return "its artifacts are not in order, or one comes twice";
	if (!is_number(json_object_get(one, "length")) ||
	    (counter && !is_number(counter)) || !is_text(one, "format") ||
	    !is_text(one, "version"))
		return "an artifact has a length, format, version or counter that is none";
	*last = path;
	return NULL;
}

static const char *take_artifacts(struct kf_manifest *out,
				  const json_t *subjects)
{
	size_t num = json_array_size(out->artifacts);
	size_t num_signers = json_array_size(out->signers);
	const char *last = NULL, *wrong = NULL;
	uint64_t marked = 0;

	if (!json_is_array(out->artifacts) || num > KF_RELEASE_FILES_MAX ||
	    num == 0 || json_array_size(subjects) != num ||
	    !json_is_array(out->signers) || num_signers > KF_SIGNERS_MAX)
		return "it has no artifacts, or not as many as it is about, or too many signers";
	for (size_t i = 0; i < num && !wrong; i++) {
		const json_t *one = json_array_get(out->artifacts, i);

		wrong = artifact(one, json_array_get(subjects, i), &last);
		if (!wrong && !mark(&marked, json_object_get(one, "signers"),
				    num_signers))
			wrong = "an artifact has a signer that is none";
	}
	if (!wrong && marked != (UINT64_C(1) << num_signers) - 1)
		wrong = "it has a signer that signed no artifact";
	return wrong;
}

static const char *take_fits(const struct kf_manifest *out)
{
	json_t *one;
	size_t i;

	if (!json_is_array(out->fits))
		return "it does not say what it fits";
	json_array_foreach(out->fits, i, one) {
		const char *verdict = text_of(one, "verdict");

		if (!is_hex(text_of(one, "class")) || !verdict ||
		    strcmp(verdict, "accept") != 0 ||
		    !is_number(json_object_get(one, "devices")) ||
		    !json_is_array(json_object_get(one, "names")) ||
		    !json_is_array(json_object_get(one, "rules")) ||
		    !json_is_array(json_object_get(one, "artifacts")) ||
		    !json_is_boolean(json_object_get(one, "enforced")))
			return "a class that it fits is none";
	}
	return NULL;
}

static const char *take_head(struct kf_manifest *out, const json_t *predicate)
{
	const json_t *counter = json_object_get(predicate, "security_counter");
	int64_t made_s;

	out->product = text_of(predicate, "product");
	out->version = text_of(predicate, "version");
	out->made = text_of(predicate, "made");
	out->artifacts = json_object_get(predicate, "artifacts");
	out->signers = json_object_get(predicate, "signers");
	out->fits = json_object_get(predicate, "fits");
	out->has_counter = counter != NULL;
	out->counter = (uint64_t)json_integer_value(counter);
	if (!out->product || !out->product[0] || !out->version ||
	    !out->version[0])
		return "it names no product, or no version";
	if (counter && !is_number(counter))
		return "its counter is none";
	if (!out->made || !kf_time_read(&made_s, out->made))
		return "it does not say when it was made";
	return NULL;
}

static const char *take(struct kf_manifest *out)
{
	const char *type = text_of(out->root, "_type");
	const char *kind = text_of(out->root, "predicateType");
	const char *wrong;

	if (!type || strcmp(type, KF_STATEMENT_TYPE) != 0 || !kind ||
	    strcmp(kind, KF_RELEASE_TYPE) != 0)
		return "it is no manifest of a release";
	wrong = take_head(out, json_object_get(out->root, "predicate"));
	if (!wrong)
		wrong = take_artifacts(out, json_object_get(out->root,
							    "subject"));
	return wrong ? wrong : take_fits(out);
}

enum kf_status kf_manifest_read(struct kf_manifest *out,
				struct kf_bytes statement,
				struct kf_fault *why)
{
	json_error_t error;
	const char *wrong;
	bool lost = false;
	char what[200];

	memset(out, 0, sizeof(*out));
	out->root = kf_json_read(statement, &error, &lost);
	if (lost)
		return KF_NO_MEMORY;
	if (!out->root) {
		kf_json_wrong(what, sizeof(what), &error);
		kf_fault_say(why, NULL, "its statement %s", what);
		return KF_WRONG_USE;
	}
	wrong = take(out);
	if (!wrong)
		return KF_OK;
	kf_fault_say(why, NULL, "%s", wrong);
	kf_manifest_close(out);
	return KF_WRONG_USE;
}

void kf_manifest_close(struct kf_manifest *manifest)
{
	json_decref(manifest->root);
	memset(manifest, 0, sizeof(*manifest));
}

bool kf_manifest_fit(const struct kf_manifest *manifest,
		     const struct kf_digest *class)
{
	json_t *one;
	size_t i;

	json_array_foreach(manifest->fits, i, one)
		if (kf_hex_spells(kf_text(text_of(one, "class")),
				  kf_view(class->bytes, class->len)))
			return true;
	return false;
}
