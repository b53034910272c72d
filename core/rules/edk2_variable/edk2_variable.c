/* edk2's updates of PK, KEK, db, dbx and dbt: its versions, and the answer.
 *
 * Source: tianocore/edk2, at the versions named by the profiles; build
 * options: OvmfPkg/OvmfPkgX64.dsc (4 MiB flash, PcdMaxAuthVariableSize,
 * PcdMaxVolatileVariableSize, PcdRequireSelfSignedPk).
 */
#include "edk2_variable.h"

#include "core/edk2_openssl.h"
#include "core/setting.h"

#include <string.h>

/* Of a call through SMM: the largest variable, and what goes around it. */
enum { MAX_VARIABLE = 0x8400, MAX_CALL = 0x40000 - 48 };

static const struct edk2_variable_profile upstream = {
	.cms = KF_EDK2_OPENSSL_3_5,
	.max_variable = MAX_VARIABLE,
	.max_call = MAX_CALL,
	.any_digest = true,
	.empty_certificates = true,
	.checks_old = true,
	.present_user = true,
	.post_quantum = true,
};

static const struct edk2_variable_profile debian_12 = {
	.cms = KF_EDK2_OPENSSL_1_1_1,
	.max_variable = MAX_VARIABLE,
	.max_call = MAX_CALL,
	.self_signed_pk = true,
	.present_user = true,
};

static const struct edk2_variable_profile debian_13 = {
	.cms = KF_EDK2_OPENSSL_3_4,
	.max_variable = MAX_VARIABLE,
	.max_call = MAX_CALL,
	.any_digest = true,
	.self_signed_pk = true,
	.present_user = true,
};

extern const struct kf_verifier kf_rules_edk2_variable;

static const struct kf_rules profiles[] = {
	{ "edk2-variable", "edk2, upstream (c5aa7e7d94, 2026-08), built as OVMF is",
	  &kf_rules_edk2_variable, &upstream, false },
	{ "edk2-variable-2022.11", "edk2 2022.11, Debian 12's OVMF for x86-64",
	  &kf_rules_edk2_variable, &debian_12, true },
	{ "edk2-variable-2025.02", "edk2 2025.02, Debian 13's OVMF for x86-64",
	  &kf_rules_edk2_variable, &debian_13, true },
	{ NULL, NULL, NULL, NULL, false },
};

static const char *const formats[] = { "auth", NULL };

static const char *const parts[] = { "pk", "kek", "db", "dbx", "dbt", NULL };

static const struct kf_choice choices[] = {
	{ "variable", "db|dbx|dbt|KEK|PK|kek|pk",
	  "which variable the update is written to" },
	{ "attributes", KF_SETTING_NUMBER,
	  "with which attributes: 0x67 appends, 0x27 replaces" },
	{ "time", KF_SETTING_TIME,
	  "when the variable was last written, whatever the store says" },
	{ "custom-mode", "on|off",
	  "whether the firmware is in custom mode, and takes keys without a signature" },
	{ NULL, NULL, NULL },
};

bool edk2_variable_refuse(struct edk2_variable_case *k,
			  enum kf_reason_id reason, const char *rule)
{
	kf_find(&k->refused, reason, rule);
	return false;
}

bool edk2_variable_fault(struct edk2_variable_case *k, const char *part,
			 uint64_t at, const char *text)
{
	edk2_variable_refuse(k, KF_REASON_VERIFIER_FAULT, "UEFI-107");
	kf_prove(&k->refused, KF_EV_STORE_PART, part)->at = at;
	kf_prove_text(&k->refused, text);
	k->faulted = true;
	return false;
}

bool edk2_variable_waits(struct edk2_variable_case *k, const char *part,
			 const char *rule)
{
	if (k->waits.reason)
		return true;
	if (k->device->malformed.reason) {
		k->waits = k->device->malformed;
		return true;
	}
	kf_find(&k->waits, KF_REASON_STORE_PART_UNKNOWN, rule);
	kf_prove(&k->waits, KF_EV_STORE_PART, part);
	return true;
}

bool edk2_variable_unpredictable(struct edk2_variable_case *k,
				 const char *part, uint64_t at,
				 const char *text)
{
	if (k->waits.reason)
		return true;
	kf_find(&k->waits, KF_REASON_UNPREDICTABLE, "UEFI-107");
	kf_prove(&k->waits, KF_EV_STORE_PART, part)->at = at;
	kf_prove_text(&k->waits, text);
	return true;
}

void edk2_variable_prove_entry(struct kf_finding *f, const char *part,
			       const struct edk2_variable_entry *entry)
{
	struct kf_evidence *e = kf_prove(f, KF_EV_STORE_ENTRY, part);

	e->list = entry->list;
	e->entry = entry->entry;
	e->at = entry->at;
	e->len = entry->len;
	e->bytes = entry->data;
}

static enum kf_answer answer_of(const struct edk2_variable_case *k)
{
	if (k->refused.reason)
		return KF_REJECT;
	return k->waits.reason ? KF_UNDECIDED : KF_ACCEPT;
}

/* judge decides for one set of attributes. */
static void judge(struct edk2_variable_case *k, uint32_t attributes,
		  bool enforced)
{
	static const struct kf_finding nothing;

	k->attributes = attributes;
	k->enforced = enforced;
	k->faulted = k->no_effect = false;
	k->refused = k->waits = k->allowed = nothing;
	edk2_variable_judge(k);
}

/* asks tells whether a signature is asked for. UEFI-52. */
static bool asks(const struct edk2_variable_case *k)
{
	const struct edk2_variable_device *d = k->device;
	bool pk = kf_equal(kf_text(d->old.name), kf_text("pk"));

	if (d->custom)
		return false;
	return !d->setup || (pk && k->profile->self_signed_pk);
}

/* choose takes, of two ways to write it, the one that is accepted; else the
 * one whose signature holds; else the append. UEFI-48. */
static uint32_t choose(struct edk2_variable_case *k)
{
	static const uint32_t ways[] = { EDK2_VARIABLE_APPEND_ALL,
					 EDK2_VARIABLE_REPLACE_ALL };
	uint32_t best = ways[0];
	int best_rank = -1;

	for (size_t i = 0; i < 2 && k->status == KF_OK; i++) {
		bool holds = edk2_variable_verify(k, k->device->target,
						  ways[i]).answer == KF_YES;
		int rank;

		judge(k, ways[i], asks(k));
		rank = (answer_of(k) == KF_ACCEPT ? 2 : 0) + holds;
		if (rank > best_rank) {
			best_rank = rank;
			best = ways[i];
		}
	}
	return best;
}

/* not_told: the file does not say which variable it is for. */
static void not_told(struct kf_verdict *out)
{
	out->answer = KF_UNDECIDED;
	kf_find(&out->why, KF_REASON_SETTING_UNKNOWN, "UEFI-48");
	kf_prove(&out->why, KF_EV_SETTING, "variable");
	kf_prove_text(&out->why, "variable (an update does not say which one it is for)");
}

/* unsure: whether there is a PK could not be read, and in setup mode the
 * firmware would take what it refuses here. */
static void unsure(struct edk2_variable_case *k)
{
	struct kf_finding refused = k->refused;

	if (!k->device->unsure || !refused.reason)
		return;
	judge(k, k->attributes, false);
	if (k->refused.reason)
		k->refused = refused;
	else
		edk2_variable_waits(k, "pk", "UEFI-52");
}

/* enforced keeps, beside an answer that no signature was asked for, the one
 * that there would be. */
static void enforced(struct edk2_variable_case *k, struct kf_verdict *out)
{
	struct edk2_variable_case other = *k;
	struct kf_finding *w;

	if (k->enforced)
		return;
	judge(&other, k->attributes, true);
	k->status = other.status;
	out->not_enforced = true;
	out->enforced_answer = answer_of(&other);
	out->enforced = other.refused.reason ? other.refused : other.waits;
	w = kf_warn(out, KF_REASON_NOT_ENFORCED, "UEFI-52");
	if (w)
		kf_prove_text(w, k->device->custom
			      ? "the firmware is in custom mode, and takes keys without a signature"
			      : "it has no platform key and is in setup mode");
}

/* attributes_text names attributes, where they are the usual ones. */
static const char *attributes_text(uint32_t attributes)
{
	return attributes == EDK2_VARIABLE_APPEND_ALL ? "0x67"
	       : attributes == EDK2_VARIABLE_REPLACE_ALL ? "0x27" : NULL;
}

/* tell fills the verdict. */
static void tell(struct edk2_variable_case *k, struct kf_verdict *out)
{
	static const char *const outcome[] = {
		[KF_UNDECIDED] = "unknown",
		[KF_ACCEPT] = "installs",
		[KF_REJECT] = "refused-at-install",
	};
	struct kf_signature_result *s = &out->signature[0];
	struct kf_evidence *e;

	out->answer = answer_of(k);
	out->outcome = k->faulted ? "device-fault" : outcome[out->answer];
	out->why = k->refused.reason ? k->refused
		 : k->waits.reason ? k->waits : k->allowed;
	if (out->answer == KF_ACCEPT) {
		if (!out->why.rule)
			out->why.rule = "UEFI-52";
		e = kf_prove(&out->why, KF_EV_SETTING, "attributes");
		e->text = attributes_text(k->attributes);
	}
	if (!k->update->data)
		return;
	*s = k->update->shown;
	s->looked_at = k->enforced;
	s->trusted = k->allowed.num_evidence;
	s->trust_known = !k->waits.reason;
	if (k->refused.reason)
		s->reason = k->refused.reason;
	out->num_signatures = 1;
}

static enum kf_status decide(struct kf_verdict *out, void *state,
			     const struct kf_store *store,
			     const struct kf_rules *rules, struct kf_env *env)
{
	struct edk2_variable_case k = {
		.update = state,
		.device = kf_store_state(store, rules),
		.profile = rules->profile,
		.judged = rules->judged,
		.env = env,
	};

	memset(out, 0, sizeof(*out));
	out->outcome = "unknown";
	if (k.device->target < 0) {
		not_told(out);
		return KF_OK;
	}
	judge(&k, k.device->has_attributes ? k.device->attributes
	      : choose(&k), asks(&k));
	unsure(&k);
	tell(&k, out);
	enforced(&k, out);
	edk2_variable_warn(&k, out);
	return k.status;
}

const struct kf_verifier kf_rules_edk2_variable = {
	.name = "edk2-variable",
	.title = "UEFI Secure Boot: signed updates of PK, KEK, db, dbx and dbt",
	.family = "UEFI",
	.stage = "update",
	.formats = formats,
	.parts = parts,
	.choices = choices,
	.profiles = profiles,
	.prepare = edk2_variable_update,
	.prepare_store = edk2_variable_device,
	.release = edk2_variable_release,
	.decide = decide,
};
