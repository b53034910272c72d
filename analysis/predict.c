/* Holds a log against what a device measured, event by event, and puts in the
 * place of each what the device will measure.
 *
 * UEFI-90 to UEFI-104.
 */
#include "predict.h"

#include <string.h>

#include "signatures.h"

enum {
	PCR_POLICY = 7,
	PCR_LOADERS = 4,
	PCR_DRIVERS = 2,
	PCR_MOK = 14,
	MORE_EVENTS = 32,	/* variables and notes that no stage leaves */
};

static const uint32_t predictable[] = { 4, 7, 8, 9, 14 };

enum { NUM_PREDICTABLE = sizeof(predictable) / sizeof(predictable[0]) };

bool kf_predictable(unsigned pcr)
{
	for (size_t i = 0; i < NUM_PREDICTABLE; i++)
		if (predictable[i] == pcr)
			return true;
	return false;
}

const char *kf_fate_name(enum kf_fate fate)
{
	static const char *const names[] = { "unknown", "kept", "replaced",
					     "dropped", "added" };

	return names[fate];
}

struct kf_forecast_event *kf_forecast_add(struct kf_predicting *p,
					  const struct kf_event *was,
					  uint32_t pcr, enum kf_fate fate)
{
	struct kf_forecast_event *e;

	if (p->out->num == p->out->max) {
		p->status = KF_TOO_MUCH;
		return NULL;
	}
	e = &p->out->event[p->out->num++];
	memset(e, 0, sizeof(*e));
	e->pcr = pcr;
	e->fate = fate;
	if (!was)
		return e;
	e->number = was->number;
	e->type = was->type;
	e->was = *was;
	if (fate == KF_FATE_KEPT)
		e->will = *was;
	return e;
}

void kf_forecast_unknown(struct kf_predicting *p, const struct kf_event *was,
			 uint32_t pcr, const char *why, const char *about,
			 bool unexplained)
{
	struct kf_forecast_event *e = kf_forecast_add(p, was, pcr,
						      KF_FATE_UNKNOWN);

	if (!e)
		return;
	e->why = why;
	e->about = about;
	e->unexplained = unexplained;
}

void kf_forecast_end(struct kf_predicting *p, const struct kf_event *was,
		     uint32_t pcr, bool unexplained)
{
	kf_forecast_unknown(p, was, pcr, p->end->why, p->end->about,
			    unexplained);
	/* Events are numbered from 1, in their order. */
	if (p->status == KF_OK && p->end->missing)
		p->out->event[p->out->num - 1].missing =
			&p->event[p->end->missing - 1];
}

void kf_forecast_over(struct kf_predicting *p, struct kf_forecast_event *e,
		      struct kf_bytes data, struct kf_bytes over,
		      const struct kf_digest *image)
{
	const struct kf_eventlog *log = &p->out->log;

	e->will.pcr = e->pcr;
	e->will.type = e->type;
	e->will.data = data;
	for (size_t b = 0; b < log->num_banks; b++) {
		enum kf_digest_kind kind = log->bank[b].kind;
		struct kf_digest *digest;

		if (!log->bank[b].known)
			continue;
		digest = kf_arena_take(p->env->arena, sizeof(*digest));
		if (!digest) {
			p->status = KF_NO_MEMORY;
			return;
		}
		if (image)
			*digest = image[kind];
		else
			kf_digest_of(digest, p->env->crypto, kind, over);
		if (digest->len == 0)
			p->status = KF_NO_CRYPTO;
		e->will.digest[b] = kf_view(digest->bytes, digest->len);
	}
}

bool kf_event_has(const struct kf_event *event, const struct kf_eventlog *log,
		  const struct kf_digest *kinds)
{
	bool any = false;

	for (size_t b = 0; b < log->num_banks; b++) {
		const struct kf_digest *d = &kinds[log->bank[b].kind];

		if (!log->bank[b].known || event->digest[b].len == 0)
			continue;
		if (!kf_equal(kf_view(d->bytes, d->len), event->digest[b]))
			return false;
		any = true;
	}
	return any;
}

/* read_log keeps all records. */
static void read_log(struct kf_predicting *p)
{
	struct kf_eventlog log = kf_eventlog_open(p->plan->log);
	struct kf_event event;
	size_t num = 0;

	while (kf_eventlog_next(&log, &event))
		num++;
	p->event = kf_arena_take(p->env->arena, (num + 1) * sizeof(event));
	p->item_of = kf_arena_take(p->env->arena,
				   (num + 1) * sizeof(*p->item_of));
	if (log.cursor.damage.field)
		p->status = KF_WRONG_USE;
	else if (!p->event || !p->item_of)
		p->status = KF_NO_MEMORY;
	if (p->status != KF_OK)
		return;
	log = kf_eventlog_open(p->plan->log);
	while (p->num_events < num &&
	       kf_eventlog_next(&log, &p->event[p->num_events]))
		p->num_events++;
	p->out->log = log;
}

/* hash_file computes what an event may be over: the file, or its image. */
static void hash_file(struct kf_predicting *p, size_t index)
{
	const struct kf_boot_file *file = &p->plan->file[index];
	struct kf_file_digests *d = &p->digests[index];
	const struct kf_bytes side[] = { file->before, file->after };
	struct kf_bytes bytes = file->before;
	struct kf_source source = kf_bytes_source(&bytes);
	struct kf_signatures *parts;
	struct kf_image image;

	for (int s = 0; s < KF_NUM_SIDES; s++)
		for (int k = 0; k < KF_NUM_DIGESTS; k++)
			kf_digest_of(&d->raw[s][k], p->env->crypto,
				     (enum kf_digest_kind)k, side[s]);
	parts = kf_arena_take(p->env->arena, sizeof(*parts));
	p->status = parts ? kf_signatures_read(parts, &source, p->env)
			  : KF_NO_MEMORY;
	if (p->status != KF_OK || parts->unfit != KF_FIT)
		return;
	image = kf_signatures_image(parts);
	image.pad = 0;
	p->status = kf_image_digest(d->image, &image,
				    (1u << KF_NUM_DIGESTS) - 1, p->env);
	if (p->status != KF_WRONG_USE)
		return;
	p->status = KF_OK;
	memset(d->image, 0, sizeof(d->image));
}

static void hash_files(struct kf_predicting *p)
{
	p->digests = kf_arena_take(p->env->arena, (p->plan->num_files + 1) *
				   sizeof(*p->digests));
	if (!p->digests)
		p->status = KF_NO_MEMORY;
	for (size_t i = 0; i < p->plan->num_files; i++)
		if (p->status == KF_OK)
			hash_file(p, i);
}

static bool is_image(const struct kf_event *event)
{
	return (event->pcr == PCR_LOADERS &&
		event->type == KF_EV_APPLICATION) ||
	       (event->pcr == PCR_DRIVERS &&
		(event->type == KF_EV_BOOT_DRIVER ||
		 event->type == KF_EV_RUNTIME_DRIVER));
}

/* find_stages finds the images of the boot, and the files that they were. */
static void find_stages(struct kf_predicting *p)
{
	struct kf_boot *boot = &p->boot;

	for (size_t i = 0; i < p->num_events; i++) {
		const struct kf_event *event = &p->event[i];
		struct kf_stage *stage;

		if (!is_image(event))
			continue;
		if (boot->num_stages == KF_STAGES_MAX) {
			p->status = KF_TOO_MUCH;
			return;
		}
		stage = &boot->stage[boot->num_stages++];
		stage->event = event->number;
		stage->driver = event->pcr == PCR_DRIVERS;
		for (size_t f = 0; f < p->plan->num_files; f++) {
			struct kf_file_digests *d = &p->digests[f];

			if (!d->image[KF_SHA1].len || stage->file ||
			    !kf_event_has(event, &p->out->log, d->image))
				continue;
			stage->file = &p->plan->file[f];
			d->seen = true;
		}
	}
}

/* tell_sides works out both boots. */
static void tell_sides(struct kf_predicting *p)
{
	p->boot.store[KF_BEFORE] = p->plan->store[KF_BEFORE];
	p->boot.store[KF_AFTER] = p->plan->store[KF_AFTER];
	p->boot.firmware = p->plan->firmware;
	p->boot.same_commands = p->plan->same_commands;
	kf_boot_compare(&p->boot);
	for (int s = 0; s < KF_NUM_SIDES && p->status == KF_OK; s++)
		p->status = kf_measures_tell(&p->measures[s], &p->boot,
					     (enum kf_side)s, p->env);
	if (p->status != KF_OK)
		return;
	for (size_t i = 0; i < p->measures[KF_AFTER].num; i++)
		if (p->measures[KF_AFTER].item[i].slot == KF_SLOT_END)
			p->end = &p->measures[KF_AFTER].item[i];
}

/* is_it: is an event of the log this item? Images are known by their place,
 * values of variables by their name, and authorities by all of it. */
static bool is_it(const struct kf_predicting *p, const struct kf_event *event,
		  const struct kf_measure *m)
{
	struct kf_event_variable named, wanted;

	if (event->pcr != m->pcr || m->slot == KF_SLOT_END)
		return false;
	if (m->slot == KF_SLOT_IMAGE)
		return event->number == p->boot.stage[m->stage].event;
	if (event->type != m->type)
		return false;
	if (m->slot == KF_SLOT_AUTHORITY || m->pcr == PCR_MOK)
		return kf_equal(event->data, m->data);
	return kf_event_variable_read(&named, event->data) &&
	       kf_event_variable_read(&wanted, m->data) &&
	       kf_equal(named.name, wanted.name) &&
	       memcmp(event->data.data, m->data.data, 16) == 0;
}

/* explain_register finds the item behind each event of a register. An item
 * that has no event stays behind as a contradiction. */
static void explain_register(struct kf_predicting *p, uint32_t pcr)
{
	const struct kf_measures *m = &p->measures[KF_BEFORE];
	size_t from = 0;

	for (size_t i = 0; i < m->num; i++) {
		size_t e = from;

		if (m->item[i].pcr != pcr)
			continue;
		while (e < p->num_events &&
		       !is_it(p, &p->event[e], &m->item[i]))
			e++;
		if (e < p->num_events) {
			p->item_of[e] = (uint32_t)i + 1;
			from = e + 1;
		} else if (!m->item[i].open) {
			kf_forecast_unknown(p, NULL, pcr,
				"the log lacks an event that the device and its files would have left",
				m->item[i].about, true);
		}
	}
}

static bool same_value(const struct kf_measure *a, const struct kf_measure *b)
{
	if (a->image && b->image)
		return memcmp(a->image, b->image, KF_NUM_DIGESTS *
			      sizeof(*a->image)) == 0;
	return !a->image && !b->image && kf_equal(a->over, b->over);
}

/* compare_tails: does PCR 7 get the same from the stages, as far as they could
 * be told? */
static bool tails_differ(const struct kf_predicting *p)
{
	const struct kf_measures *a = &p->measures[KF_BEFORE];
	const struct kf_measures *b = &p->measures[KF_AFTER];
	size_t i = 0, j = 0;

	for (;;) {
		while (i < a->num && a->item[i].pcr != PCR_POLICY)
			i++;
		while (j < b->num && b->item[j].pcr != PCR_POLICY)
			j++;
		if (i == a->num || j == b->num)
			return i != a->num || j != b->num;
		if (!same_value(&a->item[i++], &b->item[j++]))
			return true;
	}
}

/* waiting is the item that a register waits for on the side after; NULL: there
 * is none, or nothing more can be told. */
static const struct kf_measure *waiting(struct kf_predicting *p, uint32_t pcr)
{
	const struct kf_measures *m = &p->measures[KF_AFTER];
	size_t *next = &p->next[pcr];

	while (*next < m->num && m->item[*next].pcr != pcr &&
	       m->item[*next].slot != KF_SLOT_END)
		++*next;
	return *next < m->num ? &m->item[*next] : NULL;
}

/* add_item adds an event that the log has not. */
static void add_item(struct kf_predicting *p, const struct kf_measure *m)
{
	struct kf_forecast_event *e;

	if (m->open && m->same)
		return;
	if (m->open) {
		kf_forecast_unknown(p, NULL, m->pcr, m->why, m->about, false);
		return;
	}
	e = kf_forecast_add(p, NULL, m->pcr, KF_FATE_ADDED);
	if (!e)
		return;
	e->type = m->type;
	e->about = m->about;
	kf_forecast_over(p, e, m->data, m->over, m->image);
}

/* catch_up adds what comes in front of a place. */
static void catch_up(struct kf_predicting *p, uint32_t pcr, uint32_t place)
{
	const struct kf_measure *m;

	while (!p->ended[pcr] && (m = waiting(p, pcr)) != NULL &&
	       m->order < place) {
		p->next[pcr]++;
		if (m->slot != KF_SLOT_END) {
			add_item(p, m);
			continue;
		}
		p->ended[pcr] = true;
		/* Else the event at this place is marked. */
		if (place == UINT32_MAX)
			kf_forecast_end(p, NULL, pcr, false);
	}
}

/* becomes tells what an event that was explained becomes. */
static void becomes(struct kf_predicting *p, const struct kf_event *event,
		    const struct kf_measure *was, const struct kf_measure *m)
{
	struct kf_forecast_event *e;

	if (m->open && !m->same) {
		kf_forecast_unknown(p, event, event->pcr, m->why, m->about,
				    false);
		return;
	}
	if (m->open || same_value(was, m)) {
		e = kf_forecast_add(p, event, event->pcr, KF_FATE_KEPT);
		if (!e || !m->open)
			return;
		e->unexplained = true;
		e->about = m->about;
		e->why = m->slot == KF_SLOT_IMAGE
			 ? "its file was not given; nothing changes it"
			 : "it was not given; nothing changes it";
		return;
	}
	e = kf_forecast_add(p, event, event->pcr, KF_FATE_REPLACED);
	if (!e)
		return;
	e->about = m->about;
	kf_forecast_over(p, e, m->slot == KF_SLOT_IMAGE ? event->data
							: m->data,
			 m->over, m->image);
}

/* holds: is an event what its item says that it was? */
static bool holds(const struct kf_predicting *p, const struct kf_event *event,
		  const struct kf_measure *was)
{
	return was->open || was->image ||
	       kf_event_covers(event, &p->out->log, was->over,
			       p->env->crypto);
}

/* of_stage predicts an event that a stage left. */
static void of_stage(struct kf_predicting *p, const struct kf_event *event,
		     const struct kf_measure *was)
{
	const struct kf_measure *m;
	struct kf_forecast_event *e;

	catch_up(p, event->pcr, was->order);
	if (p->ended[event->pcr]) {
		kf_forecast_end(p, event, event->pcr, false);
		return;
	}
	m = waiting(p, event->pcr);
	if (!holds(p, event, was)) {
		kf_forecast_unknown(p, event, event->pcr,
				    "the device as it was given would have left another value",
				    was->about, true);
	} else if (m && m->order == was->order) {
		becomes(p, event, was, m);
	} else {
		e = kf_forecast_add(p, event, event->pcr, KF_FATE_DROPPED);
		if (e)
			e->about = was->about;
		return;
	}
	if (m && m->order == was->order)
		p->next[event->pcr]++;
}

/* unexplained predicts an event that nothing given explains. It stays only
 * where nothing changes that it could hang on, or the user says so. */
static void unexplained(struct kf_predicting *p, const struct kf_event *event,
			bool hangs, const char *why)
{
	struct kf_forecast_event *e;

	if (p->end) {
		kf_forecast_end(p, event, event->pcr, true);
		return;
	}
	if (hangs && !p->plan->keep_unexplained) {
		kf_forecast_unknown(p, event, event->pcr, why, NULL, true);
		return;
	}
	e = kf_forecast_add(p, event, event->pcr, KF_FATE_KEPT);
	if (!e)
		return;
	e->unexplained = true;
	e->why = why;
}

/* fixed: an event that says all of what it measures, and no key decides. */
static bool fixed(const struct kf_predicting *p, const struct kf_event *event)
{
	return (event->type == KF_EV_SEPARATOR ||
		event->type == KF_EV_EFI_ACTION) &&
	       kf_event_prove(event, &p->out->log, p->env->crypto) ==
	       KF_PROOF_DATA;
}

static void one_event(struct kf_predicting *p, size_t index)
{
	const struct kf_event *event = &p->event[index];
	const struct kf_measure *items = p->measures[KF_BEFORE].item;

	if (event->type == KF_EV_NO_ACTION || !kf_predictable(event->pcr))
		return;
	if (p->item_of[index])
		of_stage(p, event, &items[p->item_of[index] - 1]);
	else if (fixed(p, event))
		(void)kf_forecast_add(p, event, event->pcr, KF_FATE_KEPT);
	else if (event->pcr == 8 || event->pcr == 9)
		kf_predict_loader(p, event);
	else if (event->pcr == PCR_POLICY && kf_predict_policy(p, event))
		return;
	else if (event->type == KF_EV_VARIABLE_AUTHORITY ||
		 event->pcr == PCR_MOK)
		unexplained(p, event, p->boot.shim_differs || p->tails_differ,
			    "no file that was given explains it");
	else
		unexplained(p, event, true, "nothing that is known explains it");
}

/* strays: what the user replaces and the log knows nothing of. */
static void strays(struct kf_predicting *p)
{
	for (size_t i = 0; i < p->plan->num_files; i++) {
		const struct kf_boot_file *file = &p->plan->file[i];

		p->out->stray_file[i] = file->replaced && !p->digests[i].seen;
		for (size_t r = 0; r < NUM_PREDICTABLE; r++)
			if (p->out->stray_file[i])
				kf_forecast_unknown(p, NULL, predictable[r],
					"no event of the log is over a file that is replaced",
					file->name, false);
	}
	for (size_t i = 0; i < p->plan->num_lines; i++)
		if (p->out->stray_line[i])
			kf_forecast_unknown(p, NULL, 8,
				"no event of the log is over a line that is replaced",
				NULL, false);
}

/* replay adds up what was and what will be. */
static void replay(struct kf_predicting *p)
{
	struct kf_forecast *out = p->out;

	kf_pcrs_start(&out->pcrs[KF_BEFORE], &out->log);
	kf_pcrs_start(&out->pcrs[KF_AFTER], &out->log);
	for (size_t r = 0; r < NUM_PREDICTABLE; r++)
		out->known[predictable[r]] = true;
	for (size_t i = 0; i < p->num_events && p->status == KF_OK; i++)
		p->status = kf_pcrs_event(&out->pcrs[KF_BEFORE],
					  &p->event[i], p->env->crypto);
	for (size_t i = 0; i < out->num && p->status == KF_OK; i++) {
		const struct kf_forecast_event *e = &out->event[i];

		if (e->fate == KF_FATE_UNKNOWN)
			out->known[e->pcr] = false;
		else if (e->fate != KF_FATE_DROPPED)
			p->status = kf_pcrs_event(&out->pcrs[KF_AFTER],
						  &e->will, p->env->crypto);
	}
	for (size_t pcr = 0; pcr < KF_NUM_PCRS; pcr++)
		for (size_t b = 0; b < out->log.num_banks; b++)
			if (!out->known[pcr])
				out->pcrs[KF_AFTER].value[b][pcr].len = 0;
}

/* make_room: the log's events, and those of all stages. */
static void make_room(struct kf_predicting *p)
{
	const struct kf_plan *plan = p->plan;
	struct kf_forecast *out = p->out;

	out->max = p->num_events + p->measures[KF_BEFORE].num +
		   p->measures[KF_AFTER].num + MORE_EVENTS +
		   NUM_PREDICTABLE * (plan->num_files + plan->num_lines + 1);
	out->event = kf_arena_take(p->env->arena,
				   out->max * sizeof(*out->event));
	out->stray_file = kf_arena_take(p->env->arena, plan->num_files + 1);
	out->stray_line = kf_arena_take(p->env->arena, plan->num_lines + 1);
	if (!out->event || !out->stray_file || !out->stray_line)
		p->status = KF_NO_MEMORY;
}

static void predict_all(struct kf_predicting *p)
{
	make_room(p);
	if (p->status != KF_OK)
		return;
	p->tails_differ = tails_differ(p);
	explain_register(p, PCR_LOADERS);
	explain_register(p, PCR_POLICY);
	explain_register(p, PCR_MOK);
	kf_predict_loader_prepare(p);
	for (size_t i = 0; i < p->num_events && p->status == KF_OK; i++)
		one_event(p, i);
	for (size_t r = 0; r < NUM_PREDICTABLE; r++)
		catch_up(p, predictable[r], UINT32_MAX);
	kf_predict_policy_rest(p);
	strays(p);
}

enum kf_status kf_predict(struct kf_forecast *out, const struct kf_plan *plan,
			  struct kf_env *env)
{
	struct kf_predicting *p = kf_arena_take(env->arena, sizeof(*p));

	memset(out, 0, sizeof(*out));
	if (!p)
		return KF_NO_MEMORY;
	p->out = out;
	p->plan = plan;
	p->env = env;
	read_log(p);
	if (p->status == KF_OK)
		hash_files(p);
	if (p->status == KF_OK)
		find_stages(p);
	if (p->status == KF_OK)
		tell_sides(p);
	if (p->status == KF_OK)
		predict_all(p);
	if (p->status == KF_OK)
		replay(p);
	return p->status;
}
