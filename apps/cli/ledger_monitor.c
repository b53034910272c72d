/* keyfit ledger monitor: does the log go on from what was seen, and do its
 * entries say what they may? What proves the opposite is kept.
 */
#include "ledger.h"
#include "say.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { ENTRY_ROOM = 1 << 20, PATH_LEN = 4096 };

/* monitoring is one run. */
struct monitoring {
	struct kf_ledger *l;
	const char *state;
	struct kf_tlog log;
	struct kf_watch watch;
	uint64_t seen_size;		/* entries from there on are new */
	bool split;
};

static void tell(struct monitoring *m, const char *slug, uint64_t index,
		 const struct kf_statement *s, const char *what)
{
	struct kf_ledger *l = m->l;
	struct kf_json json = { .out = &l->out };

	l->finding = true;
	if (l->as_json) {
		kf_json_open(&json, NULL, '{');
		kf_json_text(&json, "finding", slug);
		if (index != UINT64_MAX)
			kf_json_number(&json, "index", index);
		if (s && s->product) {
			kf_json_foreign(&json, "product",
					kf_text(s->product));
			kf_json_foreign(&json, "version",
					kf_text(s->version));
		}
		kf_json_foreign(&json, "what", kf_text(what));
		kf_json_close(&json);
	} else {
		kf_output_print(&l->out, "FOUND  %s", slug);
		if (index != UINT64_MAX)
			kf_output_print(&l->out, "  entry %" PRIu64, index);
		if (s && s->product) {
			kf_output_text(&l->out, "  ");
			kf_output_shown(&l->out, kf_text(s->product));
			kf_output_text(&l->out, " ");
			kf_output_shown(&l->out, kf_text(s->version));
		}
		kf_output_text(&l->out, ": ");
		kf_output_shown(&l->out, kf_text(what));
	}
	kf_output_text(&l->out, "\n");
}

static void found(void *self, enum kf_watch_kind kind, uint64_t index,
		  const struct kf_statement *s, const char *what)
{
	struct monitoring *m = self;

	/* What came earlier was told when it came. */
	if (index >= m->seen_size)
		tell(m, kf_watch_slug(kind), index, s, what);
}

static enum kf_status each(void *self, uint64_t index, struct kf_bytes entry)
{
	struct monitoring *m = self;

	kf_work_again(&m->l->work, ENTRY_ROOM);
	return kf_watch_entry(&m->watch, index, entry, &m->l->work.env);
}

/* keep writes both checkpoints of a split view, whole. */
static int keep(struct monitoring *m, const struct kf_checkpoint *other)
{
	const struct kf_checkpoint *now = &m->log.checkpoint;
	const struct kf_checkpoint *both[] = { other, now };
	int status = KF_EXIT_FITS;

	for (size_t i = 0; i < 2 && status == KF_EXIT_FITS && m->state; i++) {
		char path[PATH_LEN];

		snprintf(path, sizeof(path),
			 "%s/evidence-%" PRIu64 "-%02x%02x%02x%02x", m->state,
			 both[i]->size, both[i]->root.bytes[0],
			 both[i]->root.bytes[1], both[i]->root.bytes[2],
			 both[i]->root.bytes[3]);
		status = kf_ledger_put(m->l, path, both[i]->note.whole);
	}
	return status;
}

/* compare holds a checkpoint that was seen before, or elsewhere, against the
 * log as it is. */
static int compare(struct monitoring *m, const struct kf_checkpoint *other)
{
	struct kf_checkpoint *now = &m->log.checkpoint;
	struct kf_fault why = { 0 };
	struct kf_proof proof = { .num = 0 };
	enum kf_status done;
	char what[128];

	if (other->size > now->size) {
		snprintf(what, sizeof(what), "it has %" PRIu64
			 " entries, and %" PRIu64 " were signed", now->size,
			 other->size);
		tell(m, "log-behind", UINT64_MAX, NULL, what);
		m->split = true;
		return keep(m, other);
	}
	done = kf_tlog_prove_since(&proof, &m->log, other->size, &other->root,
				   &why);
	if (done != KF_OK)
		return kf_say_failure(m->l->path, done, &why);
	if (!m->log.wrong.what[0])
		return KF_EXIT_FITS;
	memset(&m->log.wrong, 0, sizeof(m->log.wrong));
	snprintf(what, sizeof(what), "its key signed another tree of %" PRIu64
		 " entries than the one that it has", other->size);
	tell(m, "split-view", UINT64_MAX, NULL, what);
	m->split = true;
	return keep(m, other);
}

/* take compares one file. `own` is what this monitor wrote itself. */
static int take(struct monitoring *m, const char *path, bool own)
{
	struct kf_damage damage = { NULL, 0 };
	struct kf_text_file file = { 0 };
	struct kf_fault why = { 0 };
	struct kf_checkpoint other;
	struct kf_note_said said;
	struct stat st;
	enum kf_status done;
	int status;

	if (own && stat(path, &st) != 0 && errno == ENOENT)
		return KF_EXIT_FITS;
	done = kf_text_file_read(&file, path, KF_NOTE_MAX, &why);
	if (done != KF_OK)
		return kf_say_failure(path, done, &why);
	memset(&said, 0, sizeof(said));
	if (kf_checkpoint_read(&other, file.bytes, &damage) &&
	    kf_equal(other.origin, m->log.key.name) &&
	    kf_note_ask(&said, &other.note, &m->log.key, &m->l->work.env) !=
		    KF_OK)
		m->l->fault = true;
	if (said.answer != KF_YES) {
		kf_say(path, "is no checkpoint that this log's key signed",
		       NULL);
		kf_text_file_close(&file);
		return KF_EXIT_USAGE;
	}
	if (own)
		m->seen_size = other.size;
	status = compare(m, &other);
	kf_text_file_close(&file);
	return status;
}

/* look compares with all that was seen, and then reads the entries. */
static int look(struct monitoring *m, const char *own)
{
	const struct kf_tlog_visitor visitor = { each, m };
	const struct kf_arguments *a = m->l->arguments;
	struct kf_fault why = { 0 };
	int status = own ? take(m, own, true) : KF_EXIT_FITS;
	enum kf_status done;

	for (size_t i = 0; i < a->num_given && status == KF_EXIT_FITS; i++)
		if (strcmp(a->given[i].option->name, "seen") == 0)
			status = take(m, a->given[i].value, false);
	if (status != KF_EXIT_FITS)
		return status;
	done = kf_tlog_scan(&m->log, &visitor, &why);
	if (done != KF_OK)
		return kf_say_failure(m->l->path, done, &why);
	if (m->log.wrong.what[0])
		tell(m, "not-as-signed", UINT64_MAX, NULL,
		     m->log.wrong.what);
	return KF_EXIT_FITS;
}

/* witnessed asks for the quorum, where witnesses are named. */
static int witnessed(struct monitoring *m)
{
	struct kf_ledger_witnesses w;
	struct kf_fault why = { 0 };
	uint64_t time_s;
	size_t num;
	int status = kf_ledger_witnesses(&w, m->l);

	if (status != KF_EXIT_FITS)
		return status;
	if (!kf_ledger_cosigned(&num, &time_s, &m->log.checkpoint.note, &w,
				m->l, &why) || num < w.quorum)
		tell(m, "not-witnessed", UINT64_MAX, NULL, why.what[0]
		     ? why.what : "too few witnesses have signed the checkpoint");
	return KF_EXIT_FITS;
}

/* monitor does it all, and moves on where the log went on. */
static int monitor(struct monitoring *m)
{
	char own[PATH_LEN];
	int status;

	snprintf(own, sizeof(own), "%s/checkpoint", m->state ? m->state : "");
	if (m->state && mkdir(m->state, 0777) != 0 && errno != EEXIST) {
		kf_say(m->state, strerror(errno), NULL);
		return KF_EXIT_FAULT;
	}
	status = look(m, m->state ? own : NULL);
	if (status == KF_EXIT_FITS)
		status = witnessed(m);
	if (status != KF_EXIT_FITS || m->split || m->log.wrong.what[0] ||
	    m->l->fault)
		return status;
	if (!m->l->finding && !m->l->as_json)
		kf_output_print(&m->l->out, "%" PRIu64
				" entries, %" PRIu64 " of them new: nothing found\n",
				m->log.checkpoint.size,
				m->log.checkpoint.size - m->seen_size);
	if (!m->state)
		return KF_EXIT_FITS;
	/* What is found is told once: not before it was told. */
	status = kf_put_answer(&m->l->out);
	return status == KF_EXIT_FITS
		? kf_ledger_put(m->l, own, m->log.checkpoint.note.whole)
		: status;
}

int kf_ledger_monitor(struct kf_ledger *l)
{
	static struct kf_ledger_names known, revoked;
	static struct monitoring m;
	struct kf_note_key key;
	struct kf_fault why = { 0 };
	enum kf_status done;
	int status = kf_ledger_log_key(&key, l);

	m.l = l;
	m.state = kf_argument(l->arguments, "state");
	if (status == KF_EXIT_FITS)
		status = kf_ledger_keys(&known, l, "known");
	if (status == KF_EXIT_FITS)
		status = kf_ledger_keys(&revoked, l, "revoked");
	if (status != KF_EXIT_FITS)
		return status;
	m.watch = (struct kf_watch){
		.known = known.name, .num_known = known.num,
		.revoked = revoked.name, .num_revoked = revoked.num,
		.product = kf_argument(l->arguments, "product"),
		.found = found, .self = &m,
	};
	done = kf_tlog_open(&m.log, l->path, &key, l->crypto, &why);
	if (done != KF_OK)
		return kf_say_failure(l->path, done, &why);
	if (m.log.wrong.what[0])
		tell(&m, "not-as-signed", UINT64_MAX, NULL,
		     m.log.wrong.what);
	else
		status = monitor(&m);
	kf_watch_close(&m.watch);
	kf_tlog_close(&m.log);
	return status;
}
