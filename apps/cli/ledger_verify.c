/* keyfit ledger verify: an artifact against the proof that came with it, off
 * line; or all of a log against its checkpoint.
 */
#include "ledger.h"
#include "say.h"

#include "core/base64.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PROOF_MAX = 2 << 20 };

/* verifying is one proof and what it is held against. */
struct verifying {
	struct kf_ledger *l;
	struct kf_note_key log_key;
	struct kf_ledger_witnesses witnesses;
	struct kf_log_proof proof;
	struct kf_statement statement;
	struct kf_digest sha256;
	size_t cosigned;
	uint64_t time_s;
	struct kf_fault why;		/* why it is not proven */
};

/* no says why it is not proven. */
static bool no(struct verifying *v, const char *what)
{
	kf_fault_say(&v->why, NULL, "%s", what);
	return false;
}

/* lost: it could not be asked, and that is no answer. */
static bool lost(struct verifying *v)
{
	v->l->fault = true;
	return false;
}

/* is_signed asks the log's key and the witnesses. */
static bool is_signed(struct verifying *v)
{
	const struct kf_checkpoint *c = &v->proof.checkpoint;
	struct kf_note_said said;

	if (!kf_equal(c->origin, v->log_key.name))
		return no(v, "the checkpoint is that of another log");
	if (kf_note_ask(&said, &c->note, &v->log_key, &v->l->work.env) !=
	    KF_OK)
		return lost(v);
	if (said.answer != KF_YES)
		return no(v, said.answer == KF_NO
			  ? "the log's signature does not hold"
			  : "the log has not signed the checkpoint");
	if (!kf_ledger_cosigned(&v->cosigned, &v->time_s, &c->note,
				&v->witnesses, v->l, &v->why))
		return false;
	return v->cosigned >= v->witnesses.quorum ||
	       no(v, "too few witnesses have signed the checkpoint");
}

/* is_included reads the entry, which comes along, and proves it. */
static bool is_included(struct verifying *v, struct kf_bytes *entry)
{
	struct kf_bytes extra = v->proof.extra;
	struct kf_inclusion claim = {
		.index = v->proof.index, .size = v->proof.checkpoint.size,
		.root = v->proof.checkpoint.root, .proof = &v->proof.hashes,
	};
	uint8_t *plain = kf_arena_take(&v->l->work.arena, extra.len + 1);
	size_t len = 0;
	bool holds = false;

	if (!plain)
		return lost(v);
	if (extra.len == 0 ||
	    !kf_base64_strict(plain, extra.len, &len, extra))
		return no(v, "the proof does not bring its entry along");
	*entry = kf_view(plain, len);
	if (kf_hash_leaf(&claim.leaf, v->l->crypto, *entry) != KF_OK ||
	    kf_inclusion_holds(&holds, &claim, v->l->crypto) != KF_OK)
		return lost(v);
	return holds || no(v, "the entry is not in the tree that was signed");
}

/* is_by asks whether the statement is signed by a key that is wanted. */
static bool is_by(struct verifying *v)
{
	const char *path = kf_argument(v->l->arguments, "statement-key");
	struct kf_text_file file = { 0 };
	enum kf_answer3 answer = KF_NO;
	struct kf_env *env = &v->l->work.env;
	enum kf_status status;
	struct kf_key key;

	if (!path)
		return true;
	status = kf_text_file_read(&file, path, PROOF_MAX, &v->why);
	if (status == KF_OK)
		status = env->crypto->key_read(env->crypto->self, &key,
					       file.bytes, env->arena);
	if (status == KF_WRONG_USE || status == KF_CANNOT_READ)
		no(v, "the statement's key cannot be read");
	else if (status == KF_OK)
		status = kf_dsse_ask(&answer, &v->statement.envelope, &key,
				     env);
	if (status == KF_OK && answer != KF_YES)
		no(v, "the statement is not signed by its key");
	kf_text_file_close(&file);
	return status == KF_NO_MEMORY || status == KF_NO_CRYPTO
		? lost(v) : status == KF_OK && answer == KF_YES;
}

static bool proves(struct verifying *v)
{
	struct kf_digest own = { .len = 0 };
	struct kf_bytes entry;
	enum kf_status status;
	const char *name;

	if (!is_signed(v) || !is_included(v, &entry))
		return false;
	status = kf_statement_read(&v->statement, entry, &v->l->work.env,
				   &v->why);
	if (status != KF_OK)
		return status == KF_WRONG_USE
			? no(v, "the entry cannot be read") : lost(v);
	kf_digest_of(&own, v->l->crypto, KF_SHA256, entry);
	if (own.len == 0)
		return lost(v);
	/* A file that is the entry itself: a manifest. */
	if (!kf_statement_subject(&v->statement, &name, &v->sha256) &&
	    memcmp(own.bytes, v->sha256.bytes, own.len) != 0)
		return no(v, "the entry is about another file");
	return is_by(v);
}

static void tell_json(struct verifying *v, bool good)
{
	struct kf_json json = { .out = &v->l->out };
	const struct kf_statement *s = &v->statement;

	kf_json_open(&json, NULL, '{');
	kf_json_foreign(&json, "artifact", kf_text(v->l->path));
	kf_json_hex(&json, "sha256", kf_view(v->sha256.bytes, v->sha256.len));
	kf_json_yes_no(&json, "proven", good);
	if (!good) {
		kf_json_text(&json, "why", v->why.what);
	} else {
		kf_json_foreign(&json, "log", v->log_key.name);
		kf_json_number(&json, "index", v->proof.index);
		kf_json_number(&json, "size", v->proof.checkpoint.size);
		kf_json_number(&json, "witnesses", v->cosigned);
		if (s->product) {
			kf_json_foreign(&json, "product",
					kf_text(s->product));
			kf_json_foreign(&json, "version",
					kf_text(s->version));
		}
		if (s->has_counter)
			kf_json_number(&json, "security_counter",
				       s->counter);
	}
	kf_json_close(&json);
	kf_output_text(&v->l->out, "\n");
}

static void tell_text(struct verifying *v, bool good)
{
	struct kf_output *out = &v->l->out;
	const struct kf_statement *s = &v->statement;
	char time[24];

	kf_output_text(out, good ? "LOGGED  " : "NOT PROVEN  ");
	kf_output_shown(out, kf_text(v->l->path));
	if (!good) {
		kf_output_print(out, "\n  why      %s\n", v->why.what);
		return;
	}
	kf_output_text(out, "  in ");
	kf_output_shown(out, v->log_key.name);
	kf_output_print(out, "\n  entry    %" PRIu64 " of %" PRIu64 "\n",
			v->proof.index, v->proof.checkpoint.size);
	if (s->product) {
		kf_output_text(out, "  product  ");
		kf_output_shown(out, kf_text(s->product));
		kf_output_text(out, " ");
		kf_output_shown(out, kf_text(s->version));
		if (s->has_counter)
			kf_output_print(out, ", counter %" PRIu64,
					s->counter);
		kf_output_text(out, "\n");
	}
	if (v->witnesses.num == 0)
		return;
	kf_time_write(time, (int64_t)v->time_s);
	kf_output_print(out, "  witness  %zu of %zu, last at %s\n",
			v->cosigned, v->witnesses.num, time);
}

static int verify_proof(struct verifying *v, struct kf_bytes bytes)
{
	struct kf_damage damage = { NULL, 0 };
	bool good = kf_log_proof_read(&v->proof, bytes, &damage);

	if (!good)
		kf_fault_say(&v->why, NULL,
			     "the proof is malformed at byte %" PRIu64 ": %s",
			     damage.at, damage.field);
	good = good && proves(v);
	if (v->l->as_json)
		tell_json(v, good);
	else
		tell_text(v, good);
	v->l->finding = !good;
	kf_statement_close(&v->statement);
	return KF_EXIT_FITS;
}

static int verify_artifact(struct kf_ledger *l, const char *proof)
{
	static struct verifying v;
	struct kf_text_file text = { 0 };
	struct kf_file file;
	struct kf_fault why = { 0 };
	enum kf_status done;
	int status;

	v.l = l;
	status = kf_ledger_log_key(&v.log_key, l);
	if (status == KF_EXIT_FITS)
		status = kf_ledger_witnesses(&v.witnesses, l);
	if (status != KF_EXIT_FITS)
		return status;
	done = kf_file_open(&file, l->path, &why);
	if (done != KF_OK)
		return kf_say_failure(l->path, done, &why);
	kf_work_again(&l->work, file.source.size);
	done = kf_file_digest(&v.sha256, &file.source, &l->work.env);
	kf_file_close(&file);
	if (done != KF_OK)
		return kf_say_failure(l->path, done, &why);
	done = kf_text_file_read(&text, proof, PROOF_MAX, &why);
	if (done != KF_OK)
		return kf_say_failure(proof, done, &why);
	kf_work_again(&l->work, PROOF_MAX);
	status = verify_proof(&v, text.bytes);
	kf_text_file_close(&text);
	return status;
}

/* verify_log reads all of a log. */
static int verify_log(struct kf_ledger *l)
{
	static struct kf_tlog log;
	struct kf_ledger_witnesses witnesses = { .num = 0 };
	struct kf_fault why = { 0 };
	uint64_t time_s;
	size_t cosigned;
	enum kf_status done;
	/* Of a whole log, the keys of its statements are the monitor's. */
	int status = kf_arguments_only(l->arguments, "a whole log",
				       "log-key witness quorum json");

	if (status == KF_EXIT_FITS)
		status = kf_ledger_witnesses(&witnesses, l);
	if (status == KF_EXIT_FITS)
		status = kf_ledger_open(&log, l);
	if (status == KF_EXIT_FITS) {
		done = kf_tlog_scan(&log, NULL, &why);
		status = done == KF_OK ? kf_ledger_wrong(l, &log)
			: kf_say_failure(l->path, done, &why);
	}
	if (status == KF_EXIT_FITS &&
	    (!kf_ledger_cosigned(&cosigned, &time_s, &log.checkpoint.note,
				 &witnesses, l, &why) ||
	     cosigned < witnesses.quorum)) {
		kf_say(l->path, why.what[0] ? why.what
		       : "too few witnesses have signed the checkpoint",
		       NULL);
		status = KF_EXIT_NOT;
	}
	if (status == KF_EXIT_FITS)
		kf_output_print(&l->out, l->as_json
				? "{\"size\":%" PRIu64 ",\"whole\":true}\n"
				: "%" PRIu64 " entries, all as they were signed\n",
				log.checkpoint.size);
	kf_tlog_close(&log);
	return status;
}

int kf_ledger_verify(struct kf_ledger *l)
{
	const char *proof = kf_argument(l->arguments, "proof");
	struct stat st;

	if (proof)
		return verify_artifact(l, proof);
	if (stat(l->path, &st) == 0 && S_ISDIR(st.st_mode))
		return verify_log(l);
	kf_say(l->path, "is no log, and comes without a proof",
	       "--proof FILE: what `keyfit ledger prove` wrote");
	return KF_EXIT_USAGE;
}
