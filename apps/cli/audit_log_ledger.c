/* The audit log held against a ledger, both ways.
 */
#include "audit_log.h"
#include "say.h"

#include "jobs/ledger/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* reconciling is one ledger that is read. */
struct reconciling {
	struct kf_audit_run *a;
	struct kf_audit *audit;
	struct kf_work *work;
	void (*find)(void *self, const uint64_t *seq, const char *what);
	void *self;
};

static struct kf_digest digest_of(const struct kf_hash *hash)
{
	struct kf_digest out = { .len = sizeof(hash->bytes) };

	memcpy(out.bytes, hash->bytes, sizeof(hash->bytes));
	return out;
}

/* is_about tells whether an entry is about what a request led to. */
static bool is_about(const struct kf_statement *s, const struct kf_past *p)
{
	static const struct kf_hash none;
	const struct kf_hash *made = kf_hash_same(&p->made, &none)
				     ? &p->artifact : &p->made;
	struct kf_digest digest = digest_of(made);
	const char *name;

	return p->action == KF_ACTION_SIGN && p->state != KF_PAST_FAILED &&
	       kf_statement_subject(s, &name, &digest);
}

/* look holds one signer of an entry against the log. */
static void look(struct reconciling *r, uint64_t index,
		 const struct kf_statement *s, const struct kf_hash *key)
{
	struct kf_audit *audit = r->audit;
	bool found = false;
	char what[160];

	for (size_t i = 0; i < audit->history.num_past; i++)
		if (kf_hash_same(&audit->past[i].key, key) &&
		    is_about(s, &audit->past[i])) {
			audit->past[i].seen = true;
			found = true;
		}
	if (found)
		return;
	snprintf(what, sizeof(what), "the ledger's entry %" PRIu64 " is signed by a key of the policy, and this log knows nothing of it",
		 index);
	r->find(r->self, NULL, what);
}

/* note keeps in mind which signatures an entry is about that names no key: only
 * certificates, which this log does not know, or nobody. */
static void note(struct kf_audit *audit, const struct kf_statement *s)
{
	for (size_t i = 0; i < json_array_size(s->signers); i++)
		if (json_object_get(json_array_get(s->signers, i),
				    "spki_sha256"))
			return;
	for (size_t i = 0; i < audit->history.num_past; i++)
		if (is_about(s, &audit->past[i]))
			audit->past[i].unnamed = true;
}

static enum kf_status each(void *self, uint64_t index, struct kf_bytes entry)
{
	struct reconciling *r = self;
	struct kf_fault unread = { 0 };
	struct kf_statement s = { 0 };
	enum kf_status status;

	kf_work_again(r->work, entry.len);
	status = kf_statement_read(&s, entry, &r->work->env, &unread);
	if (status == KF_OK)
		note(r->audit, &s);
	for (size_t i = 0; status == KF_OK && i < json_array_size(s.signers);
	     i++)
		for (size_t k = 0; k < r->audit->num_keys; k++) {
			struct kf_key_names names = {
				.spki = digest_of(&r->audit->key[k]),
			};

			if (kf_statement_signer(json_array_get(s.signers, i),
						&names))
				look(r, index, &s, &r->audit->key[k]);
		}
	kf_statement_close(&s);
	return status == KF_WRONG_USE ? KF_OK : status;
}

/* tell_unseen tells which signatures the ledger does not have. */
static void tell_unseen(struct reconciling *r)
{
	const struct kf_history *h = &r->audit->history;

	for (size_t i = 0; i < h->num_past; i++)
		if (h->past[i].action == KF_ACTION_SIGN &&
		    h->past[i].state == KF_PAST_DONE && !h->past[i].seen)
			r->find(r->self, &h->past[i].index,
				h->past[i].unnamed
				? "the ledger's entry of what was signed does not name the key: keyfit ledger append --signer"
				: "the ledger has no entry of what was signed");
}

/* scan reads the ledger, in memory of its own. */
static int scan(struct reconciling *r, const char *path,
		const struct kf_note_key *key)
{
	const struct kf_tlog_visitor visitor = { each, r };
	struct kf_tlog log = { .folder = -1 };
	struct kf_fault why = { 0 };
	enum kf_status done = kf_tlog_open(&log, path, key, r->a->base.crypto,
					   &why);

	if (done != KF_OK)
		return kf_say_failure(path, done, &why);
	if (!log.wrong.what[0])
		done = kf_tlog_scan(&log, &visitor, &why);
	if (done == KF_OK && log.wrong.what[0]) {
		kf_fault_say(&why, "keyfit ledger verify tells more",
			     "is not as it was signed: %.180s",
			     log.wrong.what);
		done = KF_CANNOT_READ;
	}
	kf_tlog_close(&log);
	return done == KF_OK ? KF_EXIT_FITS
			     : kf_say_failure(path, done, &why);
}

int kf_audit_log_ledger(struct kf_audit_run *a, struct kf_audit *audit,
			const char *path,
			void (*find)(void *self, const uint64_t *seq,
				     const char *what), void *self)
{
	struct kf_work work = { 0 };
	struct reconciling r = { a, audit, &work, find, self };
	struct kf_note_key key;
	struct kf_fault why = { 0 };
	enum kf_status done;
	const char *value;
	int status = kf_approve_option(&value, &a->base, "ledger-key",
				       "which key is the ledger's?");

	if (status == KF_EXIT_FITS)
		status = kf_audit_log_key(&key, a, value);
	if (status != KF_EXIT_FITS)
		return status;
	done = kf_work_open(&work, KF_ARENA_LEN, a->base.crypto,
			    a->base.work.env.now_s, &why);
	status = done == KF_OK ? scan(&r, path, &key)
			       : kf_say_failure(path, done, &why);
	kf_work_close(&work);
	if (status == KF_EXIT_FITS)
		tell_unseen(&r);
	return status;
}
