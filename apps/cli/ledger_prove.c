/* keyfit ledger prove: what travels with an artifact, so that others can verify
 * off line that it was logged.
 */
#include "ledger.h"
#include "say.h"

#include "core/room.h"

#include <stdlib.h>
#include <string.h>

enum { ENTRY_ROOM = 1 << 20 };

/* finding looks for the last entry about an artifact. */
struct finding {
	struct kf_ledger *l;
	struct kf_digest sha256;
	uint64_t index;
	bool found;
};

static enum kf_status each(void *self, uint64_t index, struct kf_bytes entry)
{
	struct finding *f = self;
	struct kf_statement s = { 0 };
	struct kf_digest own = { .len = 0 };
	struct kf_fault ignored = { 0 };
	const char *name;
	enum kf_status status;

	kf_work_again(&f->l->work, ENTRY_ROOM);
	status = kf_statement_read(&s, entry, &f->l->work.env, &ignored);
	kf_digest_of(&own, f->l->crypto, KF_SHA256, entry);
	/* Of files that it is about, or the file that it is itself. */
	if (status == KF_OK && own.len &&
	    (kf_statement_subject(&s, &name, &f->sha256) ||
	     memcmp(own.bytes, f->sha256.bytes, own.len) == 0)) {
		f->found = true;
		f->index = index;
	}
	kf_statement_close(&s);
	if (status == KF_OK && !own.len)
		status = KF_NO_CRYPTO;
	return status == KF_WRONG_USE ? KF_OK : status;
}

/* find finds the entry of an artifact. */
static int find(struct finding *f, struct kf_tlog *log, const char *path)
{
	const struct kf_tlog_visitor visitor = { each, f };
	struct kf_file file;
	struct kf_fault why = { 0 };
	enum kf_status done = kf_file_open(&file, path, &why);
	int status;

	if (done != KF_OK)
		return kf_say_failure(path, done, &why);
	kf_work_again(&f->l->work, file.source.size);
	done = kf_file_digest(&f->sha256, &file.source, &f->l->work.env);
	kf_file_close(&file);
	if (done != KF_OK)
		return kf_say_failure(path, done, &why);
	done = kf_tlog_scan(log, &visitor, &why);
	if (done != KF_OK)
		return kf_say_failure(f->l->path, done, &why);
	status = kf_ledger_wrong(f->l, log);
	if (status == KF_EXIT_FITS && !f->found) {
		kf_say(path, "is not in the log", "keyfit ledger append logs it");
		status = KF_EXIT_NOT;
	}
	return status;
}

/* prove makes the proof of one entry. */
static int prove(struct kf_ledger *l, struct kf_tlog *log, uint64_t index)
{
	struct kf_fault why = { 0 };
	struct kf_proof proof = { .num = 0 };
	struct kf_bytes entry;
	struct kf_room extra;
	struct kf_hash leaf;
	uint8_t *memory = NULL;
	enum kf_status done;
	int status;

	kf_work_again(&l->work, ENTRY_ROOM);
	done = kf_tlog_entry(&entry, &memory, log, index, &why);
	if (done == KF_OK)
		done = kf_hash_leaf(&leaf, l->crypto, entry);
	if (done == KF_OK)
		done = kf_tlog_prove(&proof, log, index, &leaf, &why);
	if (done != KF_OK) {
		free(memory);
		return kf_say_failure(l->path, done, &why);
	}
	extra = kf_room_of(&l->work.arena, (entry.len + 2) / 3 * 4 + 1);
	kf_room_base64(&extra, entry);
	free(memory);
	status = kf_ledger_wrong(l, log);
	if (status != KF_EXIT_FITS)
		return status;
	return kf_ledger_put(l, kf_argument(l->arguments, "output"),
			     kf_log_proof_write(index, kf_room_bytes(&extra),
						&proof,
						log->checkpoint.note.whole,
						&l->work.arena));
}

int kf_ledger_prove(struct kf_ledger *l)
{
	const struct kf_arguments *a = l->arguments;
	struct finding f = { .l = l };
	static struct kf_tlog log;
	char *end = NULL;
	int status;

	if (a->num_operands < 3) {
		kf_say(NULL, "prove what?",
		       "usage: keyfit ledger prove LOG ARTIFACT|INDEX --log-key VKEY");
		return KF_EXIT_USAGE;
	}
	f.index = strtoull(a->operand[2], &end, 10);
	status = kf_ledger_open(&log, l);
	if (status == KF_EXIT_FITS &&
	    (a->operand[2][0] < '0' || a->operand[2][0] > '9' || *end))
		status = find(&f, &log, a->operand[2]);
	if (status == KF_EXIT_FITS)
		status = prove(l, &log, f.index);
	kf_tlog_close(&log);
	return status;
}
