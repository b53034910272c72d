/* The closed list of reasons, and how a finding is put together.
 */
#include "reasons.h"

#include <string.h>

#define REASON(id, slug, sentence, advice) { slug, sentence, advice },
const struct kf_reason kf_reasons[KF_NUM_REASONS] = {
#include "reasons.def"
};

const struct kf_reason *kf_reason_at(size_t index)
{
	return index < KF_NUM_REASONS ? &kf_reasons[index] : NULL;
}

const struct kf_reason *kf_reason_find(const char *slug)
{
	for (size_t i = 0; i < KF_NUM_REASONS; i++)
		if (kf_equal(kf_text(kf_reasons[i].slug), kf_text(slug)))
			return &kf_reasons[i];
	return NULL;
}

void kf_find(struct kf_finding *out, enum kf_reason_id id, const char *rule)
{
	memset(out, 0, sizeof(*out));
	out->reason = &kf_reasons[id];
	out->rule = rule;
}

struct kf_evidence *kf_prove(struct kf_finding *finding,
			     enum kf_evidence_kind kind, const char *name)
{
	struct kf_evidence *e;

	if (finding->num_evidence < KF_EVIDENCE_MAX)
		finding->num_evidence++;
	e = &finding->evidence[finding->num_evidence - 1];
	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->name = name;
	return e;
}

void kf_prove_field(struct kf_finding *finding, const char *name, uint64_t at,
		    uint64_t len)
{
	struct kf_evidence *e = kf_prove(finding, KF_EV_FIELD, name);

	e->at = at;
	e->len = len;
}

void kf_prove_value(struct kf_finding *finding, uint64_t value,
		    uint64_t bound)
{
	struct kf_evidence *e = &finding->evidence[finding->num_evidence - 1];

	e->value = value;
	e->bound = bound;
	e->has_value = true;
	e->has_bound = true;
}

void kf_prove_text(struct kf_finding *finding, const char *text)
{
	kf_prove(finding, KF_EV_TEXT, "text")->text = text;
}

void kf_prove_signature(struct kf_finding *finding, uint32_t number,
			uint64_t at, uint64_t len)
{
	struct kf_evidence *e = kf_prove(finding, KF_EV_SIGNATURE,
					 "signature");

	e->signature = number;
	e->at = at;
	e->len = len;
}

void kf_prove_certificate(struct kf_finding *finding, const char *role,
			  struct kf_bytes der)
{
	kf_prove(finding, KF_EV_CERTIFICATE, role)->bytes = der;
}

struct kf_finding *kf_warn(struct kf_verdict *verdict, enum kf_reason_id id,
			   const char *rule)
{
	struct kf_finding *w;

	if (verdict->num_warnings == KF_WARNINGS_MAX)
		return NULL;
	w = &verdict->warning[verdict->num_warnings++];
	kf_find(w, id, rule);
	return w;
}

const char *kf_boot_outcome(const struct kf_verdict *verdict)
{
	if (verdict->answer == KF_ACCEPT)
		return "boots";
	if (verdict->answer == KF_UNDECIDED)
		return "unknown";
	if (verdict->why.reason == &kf_reasons[KF_REASON_VERIFIER_FAULT])
		return "device-fault";
	return "blocked-at-boot";
}
