/* The verdict over all that the unknown may be.
 *
 * Each run asks for what it needs; what is not known is tried in all ways. A
 * verdict holds where all runs end alike. Where they do not, what a run that
 * accepts had asked for is what has to be told.
 *
 * Source: ours; the questions are those of ask.c.
 */
#include "mcuboot.h"

#include <string.h>

/* outcome is what all runs together say. */
struct outcome {
	bool accepted, rejected, open;
	struct mcuboot_result yes, no, undecided;
	uint64_t asked;		/* bits: questions of the run that accepts */
};

static void judge(struct mcuboot_case *k)
{
	static const struct mcuboot_result nothing;

	k->pos = 0;
	k->run = nothing;
	k->run.last = -1;
	memset(&k->assumed, 0, sizeof(k->assumed));
	if (k->image->beyond.reason) {
		k->run.why = k->image->beyond;
		k->run.answer = KF_UNDECIDED;
	} else if (mcuboot_is(k, MCUBOOT_Q_OPERATION)) {
		mcuboot_update(k);
	} else {
		mcuboot_boot(k);
	}
	if (k->run.odd_trailer && k->run.answer == KF_ACCEPT) {
		k->run.answer = KF_UNDECIDED;
		kf_find(&k->run.why, KF_REASON_BEYOND_LIMITS, NULL);
		kf_prove_text(&k->run.why, "a file that brings the end of its slot, with more there than the marks of a pending update");
	}
	if (k->run.unpredictable && k->run.answer == KF_REJECT &&
	    k->run.why.reason == &kf_reasons[KF_REASON_SIGNATURE_INVALID]) {
		k->run.answer = KF_UNDECIDED;
		kf_find(&k->run.why, KF_REASON_UNPREDICTABLE, "MCUBOOT-18");
		kf_prove_text(&k->run.why, "a signature shorter than its own lengths say");
	}
}

/* note adds one run. Of those that refuse, the one that came farthest says
 * most. */
static void note(struct outcome *o, const struct mcuboot_case *k)
{
	const struct mcuboot_result *r = &k->run;

	if (r->answer == KF_UNDECIDED) {
		if (!o->open)
			o->undecided = *r;
		o->open = true;
	} else if (r->answer == KF_REJECT) {
		if (!o->rejected || r->rank > o->no.rank)
			o->no = *r;
		o->rejected = true;
	} else if (!o->accepted) {
		o->accepted = true;
		o->yes = *r;
		for (size_t i = 0; i < k->pos; i++)
			o->asked |= UINT64_C(1) << k->path[i].question;
	}
}

static void over_all(struct outcome *o, struct mcuboot_case *k)
{
	size_t runs = 0;

	memset(o, 0, sizeof(*o));
	k->num_path = 0;
	do {
		judge(k);
		if (k->status != KF_OK)
			return;
		note(o, k);
		if (++runs == MCUBOOT_RUNS_MAX) {
			o->open = true;
			kf_find(&o->undecided.why, KF_REASON_BEYOND_LIMITS,
				NULL);
			kf_prove_text(&o->undecided.why, "too much is not told of the device");
			return;
		}
	} while (!(o->accepted && o->rejected) && mcuboot_next_path(k));
}

/* add appends a word. */
static void add(char *text, size_t max, size_t *len, const char *word)
{
	while (*word && *len < max - 1)
		text[(*len)++] = *word++;
	text[*len] = '\0';
}

/* name puts the names of what is not told into `text`. Returns how many are
 * parts, which have files, and how many are settings. */
static void name(struct kf_finding *f, const struct mcuboot_case *k,
		 uint64_t asked, char *text, size_t max, size_t *parts,
		 size_t *settings)
{
	const char *seen[MCUBOOT_NUM_QUESTIONS];
	size_t num = 0, len = 0;

	*parts = *settings = 0;
	for (unsigned q = 0; q < MCUBOOT_NUM_QUESTIONS; q++) {
		const char *word = mcuboot_question_name(k,
				(enum mcuboot_question)q);
		bool part = kf_same(word, "key") ||
			    kf_same(word, "installed") ||
			    kf_same(word, "encryption-key");
		bool again = false;

		for (size_t i = 0; i < num; i++)
			again |= kf_same(seen[i], word);
		if (!(asked & UINT64_C(1) << q) || again)
			continue;
		seen[num++] = word;
		add(text, max, &len, len ? ", " : "");
		add(text, max, &len, word);
		*(part ? parts : settings) += 1;
		kf_prove(f, part ? KF_EV_STORE_PART : KF_EV_SETTING, word);
	}
}

/* wait leaves the verdict open, and says on what. */
static void wait(struct kf_verdict *out, struct mcuboot_case *k,
		 uint64_t asked)
{
	enum { TEXT_MAX = 200 };
	char *text = kf_arena_take(k->env->arena, TEXT_MAX);
	struct kf_finding f;
	size_t parts, settings;

	if (!text) {
		k->status = KF_NO_MEMORY;
		return;
	}
	out->answer = KF_UNDECIDED;
	kf_find(&f, KF_REASON_SETTING_UNKNOWN, NULL);
	name(&f, k, asked, text, TEXT_MAX, &parts, &settings);
	if (!settings)
		f.reason = &kf_reasons[KF_REASON_STORE_PART_UNKNOWN];
	if (f.num_evidence == KF_EVIDENCE_MAX)
		f.num_evidence--;
	kf_prove_text(&f, text);
	out->why = f;
}

static const char *digest_name(uint16_t type)
{
	return type == KF_MCUBOOT_ED25519 ? NULL : "SHA-256";
}

/* show fills in what became of the signatures. */
static void show(struct kf_verdict *out, const struct mcuboot_case *k,
		 const struct mcuboot_result *r)
{
	static const char *const algorithms[] = {
		"RSA-2048-PSS", "ECDSA-P-224", "ECDSA", "RSA-3072-PSS",
		"Ed25519",
	};

	for (size_t i = 0; i < r->num_signatures; i++) {
		const struct mcuboot_signature_seen *s = &r->signature[i];
		struct kf_signature_result *o = &out->signature[i];

		o->number = s->number;
		o->at = s->at;
		o->len = s->len;
		o->digest = digest_name(s->type);
		o->algorithm = algorithms[s->type - KF_MCUBOOT_RSA2048];
		o->looked_at = s->looked_at;
		o->trusted = s->good;
		o->trust_known = o->revocation_known =
			out->answer != KF_UNDECIDED;
		if (s->looked_at && !s->good) {
			o->reason = &kf_reasons[KF_REASON_SIGNATURE_INVALID];
			o->rule = "MCUBOOT-17";
		} else if (!s->looked_at && s->key_id.len) {
			o->reason = &kf_reasons[KF_REASON_KEY_NOT_TRUSTED];
			o->rule = "MCUBOOT-12";
		}
	}
	out->num_signatures = r->num_signatures;
	if (k->image->hash[0].len)
		out->image_digest = k->image->hash[0];
}

/* allowed proves which key let the image through. */
static void allowed(struct kf_verdict *out, const struct mcuboot_case *k,
		    const struct mcuboot_result *r)
{
	const struct mcuboot_signature_seen *s;
	struct kf_evidence *e;

	if (r->last < 0 || r->not_enforced)
		return;
	s = &r->signature[r->last];
	out->why.rule = "MCUBOOT-15";
	kf_prove_signature(&out->why, s->number, s->at, s->len);
	if (s->key_id.len && s->key_id.len <= 64)
		kf_prove(&out->why, KF_EV_DIGEST, "key-hash")->bytes =
			s->key_id;
	if (k->device->keys != KF_PRESENT || s->key < 0)
		return;
	e = kf_prove(&out->why, KF_EV_STORE_ENTRY, "key");
	e->list = 1;
	e->entry = (uint32_t)s->key + 1;
	e->bytes = k->device->key[s->key].own;
}

/* enforced keeps, beside the answer of a build that does not verify at a boot,
 * that of one that does. */
static void enforced(struct kf_verdict *out, struct mcuboot_case *k,
		     struct outcome *o)
{
	struct mcuboot_device *other = kf_arena_take(k->env->arena,
						     sizeof(*other));
	struct kf_finding *w;

	if (!other) {
		k->status = KF_NO_MEMORY;
		return;
	}
	*other = *k->device;
	other->known[MCUBOOT_Q_VALIDATE] = 0;
	k->device = other;
	over_all(o, k);
	out->not_enforced = true;
	out->enforced_answer = o->accepted && !o->rejected && !o->open
		? KF_ACCEPT : o->rejected && !o->accepted && !o->open
		? KF_REJECT : KF_UNDECIDED;
	if (out->enforced_answer == KF_REJECT)
		out->enforced = o->no.why;
	w = kf_warn(out, KF_REASON_NOT_ENFORCED, "MCUBOOT-35");
	if (w)
		kf_prove_text(w, "the bootloader was built without VALIDATE_PRIMARY_SLOT, and starts whatever lies in the primary slot");
}

/* tell fills the verdict from all runs. */
static void tell(struct kf_verdict *out, struct mcuboot_case *k,
		 struct outcome *o)
{
	const struct mcuboot_result *r = o->accepted ? &o->yes : &o->no;

	if (o->open) {
		out->answer = KF_UNDECIDED;
		out->why = o->undecided.why;
		return;
	}
	if (o->accepted && o->rejected) {
		wait(out, k, o->asked);
		show(out, k, r);
		if (r->assumed_digest)
			mcuboot_warn(out, k, r);
		return;
	}
	out->answer = r->answer;
	out->outcome = r->outcome ? r->outcome : "unknown";
	out->why = r->why;
	show(out, k, r);
	if (out->answer == KF_ACCEPT)
		allowed(out, k, r);
	mcuboot_warn(out, k, r);
	if (r->not_enforced)
		enforced(out, k, o);
}

enum kf_status mcuboot_settle(struct kf_verdict *out, struct mcuboot_case *k)
{
	struct outcome *o = kf_arena_take(k->env->arena, sizeof(*o));

	k->memo = kf_arena_take(k->env->arena,
				MCUBOOT_MEMO_MAX * sizeof(*k->memo));
	if (!o || !k->memo)
		return KF_NO_MEMORY;
	if (k->device->malformed.reason) {
		out->answer = KF_UNDECIDED;
		out->why = k->device->malformed;
		return KF_OK;
	}
	over_all(o, k);
	if (k->status == KF_OK)
		tell(out, k, o);
	return k->status;
}
