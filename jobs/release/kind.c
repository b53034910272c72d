/* Versions and counters, where formats have them; and papers, by how they
 * begin.
 */
#include "kind.h"

#include "core/dsse.h"
#include "host/json_read.h"

#include <stdlib.h>
#include <string.h>

enum { PAPER_MAX = 4 << 20 };

/* in tells whether these parts are open, and no other ones. */
static bool in(const struct kf_told_kind *k, size_t num, const char *first,
	       const char *second)
{
	return k->num_parts == num &&
	       (num < 1 || strcmp(k->part[0], first) == 0) &&
	       (num < 2 || strcmp(k->part[1], second) == 0);
}

/* take_rauc: the manifest is groups of keys. */
static void take_rauc(struct kf_told_kind *k, const struct kf_fact *fact)
{
	if (in(k, 2, "manifest", "") && kf_fact_is(fact, "group"))
		kf_fact_copy(k->group, sizeof(k->group), fact->bytes);
	if (!in(k, 3, "manifest", ""))
		return;
	if (kf_fact_is(fact, "key"))
		kf_fact_copy(k->key, sizeof(k->key), fact->bytes);
	if (kf_fact_is(fact, "value") && strcmp(k->group, "update") == 0 &&
	    strcmp(k->key, "version") == 0)
		kf_fact_copy(k->version, sizeof(k->version), fact->bytes);
}

/* take_mcuboot: a counter that nobody signed is none. */
static void take_mcuboot(struct kf_told_kind *k, const struct kf_fact *fact)
{
	if (!in(k, 2, "entries", ""))
		return;
	if (kf_fact_is(fact, "protected"))
		k->is_protected = fact->number;
	if (kf_fact_is(fact, "counter") && k->is_protected && !k->has_counter) {
		k->has_counter = true;
		k->counter = fact->number;
	}
}

/* take: of MCUboot, its header; of SWUpdate, its description; of fwupd, the
 * first release of the first component. */
static void take(struct kf_told_kind *k, const struct kf_fact *fact)
{
	take_mcuboot(k, fact);
	take_rauc(k, fact);
	if (!kf_fact_is(fact, "version") || k->version[0])
		return;
	if (in(k, 0, "", "") || in(k, 2, "description", "software") ||
	    in(k, 2, "metainfo", ""))
		kf_fact_copy(k->version, sizeof(k->version), fact->bytes);
}

void kf_told_kind_look(void *self, const struct kf_fact *fact)
{
	struct kf_told_kind *k = self;

	if (fact->kind == KF_FACT_OPEN) {
		if (k->num_parts < KF_KIND_DEPTH)
			kf_fact_copy(k->part[k->num_parts], KF_KIND_WORD,
				     kf_text(fact->name ? fact->name : ""));
		k->num_parts++;
	} else if (fact->kind == KF_FACT_CLOSE) {
		k->num_parts--;
	} else {
		take(k, fact);
	}
}

/* of_json tells what an object is by its members. */
static enum kf_status of_json(const char **out, struct kf_bytes text)
{
	json_error_t error;
	bool lost = false;
	json_t *root = kf_json_read(text, &error, &lost);
	const char *form, *payload;

	form = json_string_value(json_object_get(root, "bomFormat"));
	payload = json_string_value(json_object_get(root, "payloadType"));
	if (form && strcmp(form, "CycloneDX") == 0)
		*out = "cyclonedx";
	else if (payload && strcmp(payload, KF_STATEMENT_PAYLOAD) == 0)
		*out = "in-toto";
	json_decref(root);
	return lost ? KF_NO_MEMORY : KF_OK;
}

enum kf_status kf_paper_kind(const char **out, const struct kf_source *source,
			     struct kf_work *work)
{
	static const char proof[] = "c2sp.org/tlog-proof@v1\n";
	struct kf_bytes text;
	enum kf_status status;

	if (source->size == 0 || source->size > PAPER_MAX)
		return KF_OK;
	status = kf_source_keep(&text, source, &work->env, 0, source->size);
	if (status != KF_OK)
		return status;
	if (text.len >= sizeof(proof) - 1 &&
	    memcmp(text.data, proof, sizeof(proof) - 1) == 0)
		*out = "tlog-proof";
	else if (text.data[0] == '{')
		return of_json(out, text);
	return KF_OK;
}
