/* Anchors for people: first who decides, then part by part.
 */
#include "anchors.h"

#include <inttypes.h>
#include <string.h>

enum { SHORT_LEN = 8 };

const struct kf_anchor_part *
kf_anchor_part_of(const struct kf_anchors *anchors, size_t index)
{
	for (size_t i = 0; i < anchors->num_parts; i++) {
		const struct kf_anchor_part *p = &anchors->part[i];

		if (index >= p->first && index < p->first + p->num)
			return p;
	}
	return NULL;
}

bool kf_anchor_decides(const struct kf_anchor_key *key)
{
	return !key->again && (key->role == KF_ANCHOR_STARTS ||
			       key->role == KF_ANCHOR_GIVES);
}

void kf_anchor_name(struct kf_output *out, const struct kf_anchor_key *k)
{
	if (k->der.len) {
		kf_output_text(out, "\"");
		kf_output_add(out, k->certificate.name,
			      strlen(k->certificate.name));
		kf_output_text(out, "\"");
	} else if (k->within.len) {
		kf_output_add(out, (const char *)k->within.data,
			      k->within.len);
	} else {
		kf_output_print(out, "number %" PRIu32, k->entry);
	}
}

/* line writes a label and words that may be foreign. */
static void line(struct kf_output *out, const char *label,
		 struct kf_output *words)
{
	kf_output_print(out, "  %-9s ", label);
	kf_output_shown(out, kf_view(words->data, words->len));
	kf_output_text(out, "\n");
	out->failed = out->failed || words->failed;
	words->len = 0;
}

static void text_line(struct kf_output *out, const char *label,
		      const char *text)
{
	struct kf_output words = { 0 };

	if (!text || !text[0])
		return;
	kf_output_text(&words, text);
	line(out, label, &words);
	kf_output_close(&words);
}

/* keys_line names the keys for which `is` says so, in one line. */
static void keys_line(struct kf_output *out, const char *label,
		      const struct kf_anchors *all, const char *before,
		      bool (*is)(const struct kf_anchor_key *key))
{
	struct kf_output words = { 0 };
	size_t num = 0;

	for (size_t i = 0; i < all->num_anchors; i++) {
		const struct kf_anchor_key *k = &all->anchor[i];

		if (!kf_anchor_decides(k) || !is(k))
			continue;
		kf_output_print(&words, "%s%s ", num++ ? ", " : before,
				kf_anchor_part_of(all, i)->name);
		kf_anchor_name(&words, k);
	}
	if (num)
		line(out, label, &words);
	kf_output_close(&words);
}

static bool is_unowned(const struct kf_anchor_key *k)
{
	return k->owner <= KF_OWNER_TEST;
}

static bool is_everybodys(const struct kf_anchor_key *k)
{
	return k->owner == KF_OWNER_EVERYBODY;
}

static bool is_leaked(const struct kf_anchor_key *k)
{
	return k->owner == KF_OWNER_LEAKED;
}

/* off_line: where nothing is verified, whoever writes a file decides. */
static void off_line(struct kf_output *out, const struct kf_mode *off)
{
	struct kf_output words = { 0 };

	kf_output_print(&words, "everybody: nothing is verified here, %s",
			off->reason->slug);
	if (off->name)
		kf_output_print(&words, " (%s is %s)", off->name, off->value);
	line(out, "decides", &words);
	kf_output_close(&words);
}

/* decides_head says how many it takes. */
static void decides_head(struct kf_output *out, const struct kf_anchors *a,
			 const char *stage)
{
	const char *verb = strcmp(stage, "boot") == 0 ? "starts" : "is taken";
	struct kf_output words = { 0 };
	size_t num = a->num_starts + a->num_gives;

	if (num == 0 && a->num_digests == 0 && a->num_unknown == 0)
		kf_output_print(&words, "nobody: there is no anchor, and nothing %s",
				verb);
	else if (num == 0 && a->num_digests == 0)
		kf_output_print(&words, "not known");
	else if (a->together)
		kf_output_print(&words, "these together, each of which is required:");
	else if (num == 1 && a->num_digests == 0 && a->num_unknown == 0)
		kf_output_print(&words, "one key alone:");
	else
		kf_output_print(&words, "each of these alone%s:",
				a->num_unknown ? ", and others that are not known"
					       : "");
	line(out, "decides", &words);
	kf_output_close(&words);
}

/* gives is what a key of a part changes, by the table. */
static void gives(struct kf_output *out, const struct kf_anchors *all,
		  const char *part)
{
	bool any = false;

	for (size_t i = 0; i < all->num_parts; i++) {
		const struct kf_anchor_part *p = &all->part[i];

		if (!p->row || !kf_anchor_word(p->row->by, part))
			continue;
		kf_output_print(out, "%s%s", any ? ", " : ": changes ",
				p->name);
		any = true;
	}
}

static void decides(struct kf_output *out, const struct kf_anchored *a)
{
	const struct kf_anchors *all = a->anchors;
	const char *stage = a->verifier->rules->verifier->stage;
	struct kf_output words = { 0 };

	if (all->off.reason) {
		off_line(out, &all->off);
		return;
	}
	decides_head(out, all, stage);
	for (size_t i = 0; i < all->num_anchors; i++) {
		const struct kf_anchor_key *k = &all->anchor[i];
		const struct kf_anchor_part *p = kf_anchor_part_of(all, i);

		if (!kf_anchor_decides(k))
			continue;
		kf_output_print(&words, "%s ", p->name);
		kf_anchor_name(&words, k);
		if (k->role == KF_ANCHOR_GIVES)
			gives(&words, all, p->name);
		else
			kf_output_text(&words, k->der.len
				       ? ": what it signs, or who is issued by it"
				       : ": what it signs");
		line(out, "", &words);
	}
	if (all->num_digests) {
		kf_output_print(&words, "and what has %s%zu digest%s",
				all->num_digests == 1 ? "the " : "one of ",
				all->num_digests,
				all->num_digests == 1 ? "" : "s");
		line(out, "", &words);
	}
	kf_output_close(&words);
}

/* unknown_line names what is not known: nobody can say who controls it. */
static void unknown_line(struct kf_output *out, const struct kf_anchors *all)
{
	struct kf_output words = { 0 };
	size_t num = 0;

	for (size_t i = 0; i < all->num_parts; i++) {
		const struct kf_anchor_part *p = &all->part[i];

		if (p->presence == KF_UNKNOWN)
			kf_output_print(&words, "%s%s%s", num++ ? ", " : "",
					p->name, p->hidden
					? " (a running system does not tell it)"
					: "");
		if (p->damaged)
			kf_output_print(&words, "%swhat is damaged in %s",
					num++ ? ", " : "", p->name);
	}
	if (all->more)
		kf_output_print(&words, "%smore than is shown here",
				num++ ? ", " : "");
	if (num)
		line(out, "unknown", &words);
	kf_output_close(&words);
}

/* fixed_line gathers what nobody can change. */
static void fixed_line(struct kf_output *out, const struct kf_anchors *all)
{
	struct kf_output words = { 0 };
	size_t num = 0;

	for (size_t i = 0; i < all->num_parts; i++) {
		const struct kf_anchor_part *p = &all->part[i];

		if (p->row && p->row->fixed[0] && p->presence == KF_PRESENT)
			kf_output_print(&words, "%s%s: %s", num++ ? "; " : "",
					p->name, p->row->fixed);
	}
	text_line(out, "fixed", num ? NULL : "nothing: whoever controls a part can change all of it");
	if (num)
		line(out, "fixed", &words);
	kf_output_close(&words);
}

static void head(struct kf_output *out, const struct kf_anchored *a)
{
	const struct kf_anchors *all = a->anchors;

	kf_output_text(out, "ANCHORS  ");
	kf_output_shown(out, kf_text(a->device->name ? a->device->name
				     : "the keys given"));
	kf_output_print(out, "  (%s)", a->verifier->rules->name);
	if (a->class)
		kf_output_print(out, "  %" PRIu64 " device%s", a->devices,
				a->devices == 1 ? "" : "s");
	kf_output_text(out, "\n");
	decides(out, a);
	keys_line(out, "everybody", all, "has the key of ", is_everybodys);
	keys_line(out, "leaked", all, "the key of ", is_leaked);
	keys_line(out, "nobody", all, "is known to hold the key of ",
		  is_unowned);
	unknown_line(out, all);
	fixed_line(out, all);
	text_line(out, "beside", all->code ? all->code->who : NULL);
	text_line(out, "clock", all->clock ? all->clock->text
		  : "what it makes of dates is not known");
}

/* control names the keys that sign a change, and who needs none. */
static void control(struct kf_output *out, const struct kf_anchors *all,
		    const struct kf_anchor_part *p)
{
	struct kf_output words = { 0 };
	size_t num = 0;

	for (size_t i = 0; i < all->num_anchors && p->row->by[0]; i++) {
		const struct kf_anchor_key *k = &all->anchor[i];
		const struct kf_anchor_part *of = kf_anchor_part_of(all, i);

		if (!kf_anchor_word(p->row->by, of->name) ||
		    k->role == KF_ANCHOR_FORBIDS)
			continue;
		kf_output_print(&words, "%s%s ", num++ ? ", " : "", of->name);
		kf_anchor_name(&words, k);
	}
	if (p->row->by[0] && num == 0)
		kf_output_print(&words, "whoever has a key in %s: none is known",
				p->row->by);
	kf_output_print(&words, "%s%s", words.len ? "; beside them " : "",
			p->row->who);
	line(out, "control", &words);
	kf_output_close(&words);
}

static void owner(struct kf_output *out, const struct kf_anchor_key *k)
{
	switch (k->owner) {
	case KF_OWNER_NAMELESS:
		kf_output_text(out, "whose it is, nothing tells");
		return;
	case KF_OWNER_SAYS:
		kf_output_text(out, "whose it is, its certificate alone says");
		return;
	case KF_OWNER_TEST:
		kf_output_print(out, "it calls itself a test key: %s",
				k->owner_name);
		return;
	case KF_OWNER_KNOWN:
		kf_output_print(out, "known: %s, %s", k->owner_name,
				k->owner_where);
		return;
	case KF_OWNER_LEAKED:
		kf_output_print(out, "leaked: %s, %s", k->owner_name,
				k->owner_where);
		return;
	case KF_OWNER_EVERYBODY:
		kf_output_print(out, "everybody's: %s, %s", k->owner_name,
				k->owner_where);
		return;
	}
}

/* ends tells the last day, and whether this verifier cares. */
static void ends(struct kf_output *out, const struct kf_anchored *a,
		 const struct kf_anchor_key *k)
{
	const struct kf_anchor_clock *clock = a->anchors->clock;
	int64_t end_s = k->certificate.not_after_s;
	char day[24];

	if (!k->der.len) {
		kf_output_text(out, "without a last day, ");
		return;
	}
	kf_time_write(day, end_s);
	kf_output_print(out, "%s %.10s%s, ", end_s < a->at_s ? "ended"
			: "until", day, !clock ? " (whether that matters is not known)"
			: clock->kind == KF_CLOCK_COUNTED ? " (which counts here)"
			: clock->kind == KF_CLOCK_SIGNED
			? " (which counts for what is signed later)"
			: " (which does not matter here)");
}

static void one_key(struct kf_output *out, const struct kf_anchored *a,
		    const struct kf_anchor_key *k)
{
	struct kf_output words = { 0 };

	kf_anchor_name(&words, k);
	if (k->der.len)
		kf_output_print(&words, " [%s]", k->certificate.subject);
	if (k->within.len && k->der.len)
		kf_output_print(&words, " in %.*s", (int)k->within.len,
				(const char *)k->within.data);
	kf_output_print(&words, ", %s", k->key ? k->key : "a key");
	if (k->der.len)
		kf_output_print(&words, ", %s", k->certificate.algorithm);
	if (k->spki.len) {
		kf_output_text(&words, ", key ");
		kf_output_hex(&words, kf_view(k->spki.bytes, SHORT_LEN));
	}
	kf_output_text(&words, ", ");
	ends(&words, a, k);
	owner(&words, k);
	line(out, "anchor", &words);
	kf_output_close(&words);
}

/* contents writes how much is there, or its value. */
static void contents(struct kf_output *words, const struct kf_anchor_part *p)
{
	if (p->value)
		kf_output_text(words, p->value);
	else if (p->row && (p->row->reading == KF_ANCHOR_PLAIN ||
			    p->row->reading == KF_ANCHOR_TEXT))
		kf_output_text(words, "what is there is no key to verify with");
	else
		kf_output_print(words, "%zu key%s", p->num,
				p->num == 1 ? "" : "s");
}

static void state(struct kf_output *out, const struct kf_anchor_part *p)
{
	struct kf_output words = { 0 };

	if (p->presence != KF_PRESENT) {
		text_line(out, "holds", p->presence == KF_ABSENT
			  ? "nothing: there is none" : p->hidden
			  ? "not known: a running system does not tell it"
			  : "not known");
		return;
	}
	contents(&words, p);
	if (p->num_digests)
		kf_output_print(&words, ", %zu digest%s", p->num_digests,
				p->num_digests == 1 ? "" : "s");
	if (p->num_others)
		kf_output_print(&words, ", %zu that cannot be read",
				p->num_others);
	if (p->num_optional)
		kf_output_print(&words, ", %zu of which nothing is required",
				p->num_optional);
	if (p->passed_over)
		kf_output_text(&words, "; passed over: MokDBState is 1");
	if (p->damaged)
		kf_output_text(&words, "; damaged: what is behind was not read");
	line(out, "holds", &words);
	kf_output_close(&words);
}

static void part(struct kf_output *out, const struct kf_anchored *a,
		 const struct kf_anchor_part *p)
{
	kf_output_print(out, "\n  %s: ", p->name);
	if (!p->row) {
		kf_output_text(out, "what it is for is not known here\n");
		state(out, p);
		return;
	}
	kf_output_print(out, "%s\n", p->row->what);
	state(out, p);
	text_line(out, "held", p->row->held);
	control(out, a->anchors, p);
	text_line(out, "changed", p->row->change);
	text_line(out, "back", p->row->back);
	text_line(out, "fixed", p->row->fixed);
	for (size_t i = p->first; i < p->first + p->num; i++)
		one_key(out, a, &a->anchors->anchor[i]);
	text_line(out, "source", p->row->source);
}

void kf_anchors_text(struct kf_output *out, const struct kf_anchored *a)
{
	head(out, a);
	for (size_t i = 0; i < a->anchors->num_parts; i++)
		part(out, a, &a->anchors->part[i]);
}
