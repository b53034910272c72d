/* What is odd about entries, one after the other: a key that nobody knows or
 * that is revoked, one version that is two, a counter that goes down.
 */
#include "ledger.h"

#include <stdio.h>
#include <string.h>

enum { KEY_LEN = 1024 };

const char *kf_watch_slug(enum kf_watch_kind kind)
{
	static const char *const slugs[] = {
		[KF_WATCH_UNREADABLE] = "unreadable-entry",
		[KF_WATCH_UNKNOWN_KEY] = "unknown-key",
		[KF_WATCH_REVOKED_KEY] = "revoked-key",
		[KF_WATCH_NO_SIGNER] = "no-signer",
		[KF_WATCH_TWO_DIGESTS] = "version-twice",
		[KF_WATCH_COUNTER_DOWN] = "counter-down",
	};

	return slugs[kind];
}

static bool among(const json_t *signer, const struct kf_key_names *key,
		  size_t num)
{
	for (size_t i = 0; i < num; i++)
		if (kf_statement_signer(signer, &key[i]))
			return true;
	return false;
}

/* name_of is what a signer is called by. */
static const char *name_of(const json_t *signer)
{
	static const char *const names[] = { "spki_sha256", "cert_sha256",
					     "key_hash" };
	const char *text = NULL;

	for (size_t i = 0; i < 3 && !text; i++)
		text = json_string_value(json_object_get(signer, names[i]));
	return text ? text : "a signer without a name";
}

static void look_at_signers(struct kf_watch *w, uint64_t index,
			    const struct kf_statement *s)
{
	json_t *signer;
	size_t i;

	if (json_array_size(s->signers) == 0)
		w->found(w->self, KF_WATCH_NO_SIGNER, index, s,
			 "nobody is told to have signed it");
	json_array_foreach(s->signers, i, signer) {
		if (among(signer, w->revoked, w->num_revoked))
			w->found(w->self, KF_WATCH_REVOKED_KEY, index, s,
				 name_of(signer));
		else if (w->num_known &&
			 !among(signer, w->known, w->num_known))
			w->found(w->self, KF_WATCH_UNKNOWN_KEY, index, s,
				 name_of(signer));
	}
}

/* seen puts what came first under a key, and gives what is there. */
static enum kf_status seen(const char **out, json_t **all, const char *key,
			   const char *value)
{
	json_t *there;

	if (!*all)
		*all = json_object();
	there = json_object_get(*all, key);
	*out = json_string_value(there);
	if (there)
		return KF_OK;
	return json_object_set_new(*all, key, json_string(value)) == 0
		? KF_OK : KF_NO_MEMORY;
}

static enum kf_status look_at_subjects(struct kf_watch *w, uint64_t index,
				       const struct kf_statement *s)
{
	enum kf_status status = KF_OK;
	json_t *subject;
	size_t i;

	json_array_foreach(s->subjects, i, subject) {
		const char *name = json_string_value(
			json_object_get(subject, "name"));
		const char *sha256 = json_string_value(json_object_get(
			json_object_get(subject, "digest"), "sha256"));
		char key[KEY_LEN];
		const char *first;

		snprintf(key, sizeof(key), "%s\n%s\n%s", s->product,
			 s->version, name ? name : "");
		status = seen(&first, &w->versions, key,
			      sha256 ? sha256 : "");
		if (status != KF_OK)
			return status;
		if (first && strcmp(first, sha256 ? sha256 : "") != 0)
			w->found(w->self, KF_WATCH_TWO_DIGESTS, index, s,
				 name ? name : "a file without a name");
	}
	return status;
}

static enum kf_status look_at_counter(struct kf_watch *w, uint64_t index,
				      const struct kf_statement *s)
{
	json_t *highest;
	char what[96];

	if (!s->has_counter)
		return KF_OK;
	if (!w->counters)
		w->counters = json_object();
	highest = json_object_get(w->counters, s->product);
	if (highest &&
	    (uint64_t)json_integer_value(highest) > s->counter) {
		snprintf(what, sizeof(what), "%llu, and %lld was there before",
			 (unsigned long long)s->counter,
			 (long long)json_integer_value(highest));
		w->found(w->self, KF_WATCH_COUNTER_DOWN, index, s, what);
		return KF_OK;
	}
	return json_object_set_new(w->counters, s->product,
				   json_integer((json_int_t)s->counter)) == 0
		? KF_OK : KF_NO_MEMORY;
}

enum kf_status kf_watch_entry(struct kf_watch *w, uint64_t index,
			      struct kf_bytes entry, struct kf_env *env)
{
	struct kf_statement s = { 0 };
	struct kf_fault why = { "", "" };
	enum kf_status status = kf_statement_read(&s, entry, env, &why);

	if (status == KF_WRONG_USE) {
		w->found(w->self, KF_WATCH_UNREADABLE, index, NULL, why.what);
		return KF_OK;
	}
	if (status == KF_OK && s.product &&
	    (!w->product || strcmp(w->product, s.product) == 0)) {
		look_at_signers(w, index, &s);
		status = look_at_subjects(w, index, &s);
		if (status == KF_OK)
			status = look_at_counter(w, index, &s);
	}
	kf_statement_close(&s);
	return status;
}

void kf_watch_close(struct kf_watch *w)
{
	json_decref(w->versions);
	json_decref(w->counters);
	w->versions = w->counters = NULL;
}
