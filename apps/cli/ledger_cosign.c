/* keyfit ledger cosign: what a witness is asked, and its signature under the
 * checkpoint. By hand here; by HTTP in ledger_witness.c.
 */
#include "ledger.h"
#include "say.h"

#include <string.h>

enum { WAIT_S = 30, FILE_MAX = 1 << 20 };

/* request writes what a witness is asked. */
static int request(struct kf_ledger *l, struct kf_tlog *log)
{
	uint64_t old = 0;
	/* The witness holds the root against the one that it has. */
	struct kf_fault why = { 0 };
	struct kf_proof proof = { .num = 0 };
	enum kf_status done;

	if (!kf_ledger_number(&old, l, "old")) {
		kf_say(kf_argument(l->arguments, "old"),
		       "is no number of entries", NULL);
		return KF_EXIT_USAGE;
	}
	done = kf_tlog_since(&proof, log, old, &why);
	if (done != KF_OK)
		return kf_say_failure(l->path, done, &why);
	return kf_ledger_put(l, kf_argument(l->arguments, "output"),
			     kf_witness_request_write(
				     old, &proof, log->checkpoint.note.whole,
				     &l->work.arena));
}

static bool is_by(const struct kf_note_signature *s,
		  const struct kf_note_key *key)
{
	return kf_equal(s->name, key->name) &&
	       memcmp(s->id, key->id, sizeof(s->id)) == 0;
}

static bool is_by_any(const struct kf_note_signature *s,
		      const struct kf_note_key *key, size_t num)
{
	for (size_t i = 0; i < num; i++)
		if (is_by(s, &key[i]))
			return true;
	return false;
}

/* signed_anew tells whether the key of a line has signed these, too. */
static bool signed_anew(const struct kf_note_signature *s,
			const struct kf_note *lines)
{
	struct kf_note_signature other;
	size_t at = 0;

	while (kf_note_next(&other, lines, &at))
		if (kf_equal(s->name, other.name) &&
		    memcmp(s->id, other.id, sizeof(s->id)) == 0)
			return true;
	return false;
}

struct kf_bytes kf_ledger_put_lines(struct kf_bytes checkpoint,
				    struct kf_bytes lines,
				    const struct kf_note_key *witness,
				    size_t num, struct kf_arena *arena)
{
	struct kf_damage damage = { NULL, 0 };
	struct kf_note_signature s;
	struct kf_note old, anew;
	struct kf_bytes out = { NULL, 0 };
	size_t at = 0;

	if (!kf_note_read(&old, checkpoint, &damage) ||
	    !kf_note_lines_read(&anew, lines, &damage))
		return out;
	while (kf_note_next(&s, &old, &at)) {
		if (is_by_any(&s, witness, num) && signed_anew(&s, &anew))
			continue;
		out = out.len ? kf_checkpoint_join(out, true, s.line, arena)
			      : kf_checkpoint_join(old.text, false, s.line,
						   arena);
		if (!out.len)
			return out;
	}
	at = 0;
	while (out.len && kf_note_next(&s, &anew, &at))
		if (is_by_any(&s, witness, num) &&
		    !memmem(out.data, out.len, s.line.data, s.line.len))
			out = kf_checkpoint_join(out, true, s.line, arena);
	return out;
}

/* good_lines are those of a response that are by witnesses that are named; the
 * others are nobody's. */
static int good_lines(struct kf_bytes *out, struct kf_ledger *l,
		      const struct kf_tlog *log, struct kf_bytes response)
{
	struct kf_bytes text = log->checkpoint.note.text, whole;
	struct kf_damage damage = { NULL, 0 };
	struct kf_ledger_witnesses w;
	struct kf_fault why = { 0 };
	struct kf_note note, anew;
	uint64_t time_s;
	size_t num;
	int status = kf_ledger_witnesses(&w, l);

	if (status != KF_EXIT_FITS)
		return status;
	whole = kf_checkpoint_join(text, false, response, &l->work.arena);
	/* Lines alone: what is signed is the log's own text. */
	if (!kf_note_lines_read(&anew, response, &damage) ||
	    !kf_note_read(&note, whole, &damage)) {
		kf_say(kf_argument(l->arguments, "response"),
		       "holds no lines of signatures alone",
		       "when a witness answers 409, ask again with --old and the number that it told");
		return KF_EXIT_USAGE;
	}
	if (!kf_ledger_cosigned(&num, &time_s, &note, &w, l, &why) ||
	    num < w.quorum || num == 0) {
		kf_say(kf_argument(l->arguments, "response"), why.what[0]
		       ? why.what : "is not signed by the witnesses that are named",
		       NULL);
		return KF_EXIT_NOT;
	}
	*out = kf_ledger_put_lines(log->checkpoint.note.whole, response, w.key,
				   w.num, &l->work.arena);
	l->fault = !out->len;
	return l->fault ? KF_EXIT_FAULT : KF_EXIT_FITS;
}

int kf_ledger_keep(struct kf_ledger *l, const struct kf_tlog *log,
		   struct kf_bytes checkpoint,
		   const struct kf_note_key *const *witness, size_t num)
{
	const struct kf_tlog_place place = { l->path, WAIT_S };
	/* Nothing is signed with the log's key. */
	const struct kf_tlog_signer signer = { NULL, log->key };
	struct kf_tlog_writer *writer = NULL;
	struct kf_fault why = { 0 };
	enum kf_status done;

	done = kf_tlog_write_open(&writer, &place, &signer, l->crypto, &why);
	if (done == KF_OK)
		done = kf_tlog_cosigned(writer, checkpoint, &why);
	for (size_t i = 0; i < num && done == KF_OK; i++)
		done = kf_tlog_witness_saw(writer, witness[i], &why);
	kf_tlog_write_close(writer);
	return done == KF_OK ? KF_EXIT_FITS
			     : kf_say_failure(l->path, done, &why);
}

/* answer puts a witness's lines under the checkpoint. */
static int answer(struct kf_ledger *l, struct kf_tlog *log, const char *path)
{
	struct kf_text_file file = { 0 };
	struct kf_fault why = { 0 };
	struct kf_bytes note;
	enum kf_status done;
	int status;

	done = kf_text_file_read(&file, path, FILE_MAX, &why);
	if (done != KF_OK)
		return kf_say_failure(path, done, &why);
	status = good_lines(&note, l, log, file.bytes);
	kf_text_file_close(&file);
	return status == KF_EXIT_FITS ? kf_ledger_keep(l, log, note, NULL, 0)
				      : status;
}

int kf_ledger_cosign(struct kf_ledger *l)
{
	const char *response = kf_argument(l->arguments, "response");
	const char *url = kf_argument(l->arguments, "witness-url");
	static struct kf_tlog log;
	int status;

	if (response && url) {
		kf_say(NULL, "ask a witness, or take what it answered: not both",
		       "--witness-url URL, or --response FILE");
		return KF_EXIT_USAGE;
	}
	status = kf_arguments_only(l->arguments,
		url ? "cosign --witness-url" : response
		? "cosign --response" : "cosign without --response",
		url ? "log-key witness witness-url wait quorum old json" : response
		? "log-key response witness quorum" : "log-key old output");
	if (status == KF_EXIT_FITS)
		status = kf_ledger_open(&log, l);
	if (status == KF_EXIT_FITS)
		status = url ? kf_ledger_witness(l, &log)
			: response ? answer(l, &log, response)
				   : request(l, &log);
	kf_tlog_close(&log);
	return status;
}
