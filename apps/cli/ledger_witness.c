/* Witnesses are asked over HTTP: each is told what it has not seen, and what it
 * answers is verified before any of it is kept. What shows that the log is not
 * the one that a witness has seen is a finding, and then nothing is kept.
 *
 * Source: C2SP/C2SP, tlog-witness.md, "add-checkpoint", commit 055270b5.
 */
#include "ledger.h"
#include "say.h"

#include "host/http.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ANSWER_MAX = 1 << 14,
	URL_MAX = 2000,
	WAIT_MAX_S = 86400,
	NUMBER_LEN = 20,

	BAD_REQUEST = 400,
	FORBIDDEN = 403,
	NOT_FOUND = 404,
	CONFLICT = 409,
	UNPROCESSABLE = 422,
};

/* asked is one witness, and what came of it. */
struct asked {
	const struct kf_note_key *key;
	const char *url;
	uint64_t old;		/* what it was told that it has seen */
	uint64_t time_s;
	bool cosigned;
	bool fault;		/* it could not be asked, or not understood */
	const char *finding;	/* a slug; NULL: none */
	struct kf_fault why;
};

/* witnessing is one run. */
struct witnessing {
	struct kf_ledger *l;
	struct kf_tlog *log;
	struct kf_ledger_witnesses named;
	struct asked asked[KF_LEDGER_KEYS_MAX];
	size_t num;		/* URLs */
	struct kf_bytes checkpoint;	/* with the lines so far */
	unsigned wait_s;
	uint64_t old;
	bool has_old;
};

static int usage(const char *subject, const char *what, const char *hint)
{
	kf_say(subject, what, hint);
	return KF_EXIT_USAGE;
}

/* read_words takes the command line; nobody is asked before all of it is
 * right. */
static int read_words(struct witnessing *w)
{
	const struct kf_arguments *a = w->l->arguments;
	const char *wait = kf_argument(a, "wait"), *old = kf_argument(a, "old");
	struct kf_fault why = { 0 };
	uint64_t seconds = 0;
	int status = kf_ledger_witnesses(&w->named, w->l);

	if (status != KF_EXIT_FITS)
		return status;
	for (size_t i = 0; i < a->num_given; i++) {
		enum kf_status ready;

		if (strcmp(a->given[i].option->name, "witness-url") != 0)
			continue;
		if (w->num == w->named.num)
			return usage(a->given[i].value, "whose URL is it?",
				     "--witness VKEY and --witness-url URL, for each witness both");
		ready = kf_http_ready(a->given[i].value, &why);
		if (ready != KF_OK)
			return kf_say_failure(a->given[i].value, ready, &why);
		w->asked[w->num].key = &w->named.key[w->num];
		w->asked[w->num++].url = a->given[i].value;
	}
	if (w->num < w->named.num)
		return usage(NULL, "there are more witnesses than URLs",
			     "--witness VKEY and --witness-url URL, for each witness both");
	if (wait && (!kf_ledger_number(&seconds, w->l, "wait") || !seconds ||
		     seconds > WAIT_MAX_S))
		return usage(wait, "is no number of seconds", "from 1 to 86400");
	w->wait_s = (unsigned)seconds;
	w->has_old = old;
	if (!kf_ledger_number(&w->old, w->l, "old"))
		return usage(old, "is no number of entries", NULL);
	return KF_EXIT_FITS;
}

static void fail(struct asked *a, const char *what, const char *hint)
{
	kf_fault_say(&a->why, hint, "%s", what);
	a->fault = true;
}

/* find is what shows that the log is not as the witness has seen it. */
static void find(struct asked *a, const char *slug, const char *what)
{
	kf_fault_say(&a->why, "keep the log as it is, ask the witness for what it has signed, and compare: keyfit ledger monitor --seen",
		     "%s", what);
	a->finding = slug;
}

/* post asks once. Fails: false, it is told why. */
static bool post(struct kf_http_answer *out, struct witnessing *w,
		 struct asked *a)
{
	struct kf_proof proof = { .num = 0 };
	char url[URL_MAX + 20];
	struct kf_http_post ask = {
		.url = url, .type = "text/plain; charset=utf-8",
		.max_len = ANSWER_MAX, .wait_s = w->wait_s,
	};
	size_t len = strlen(a->url);
	enum kf_status status;

	while (len && a->url[len - 1] == '/')
		len--;
	if (len > URL_MAX) {
		fail(a, "its URL is too long", NULL);
		return false;
	}
	snprintf(url, sizeof(url), "%.*s/add-checkpoint", (int)len, a->url);
	status = kf_tlog_since(&proof, w->log, a->old, &a->why);
	if (status == KF_OK)
		ask.body = kf_witness_request_write(
			a->old, &proof, w->log->checkpoint.note.whole,
			&w->l->work.arena);
	if (status == KF_OK && !ask.body.len)
		status = KF_NO_MEMORY;
	if (status == KF_OK)
		status = kf_http_post_bytes(out, &ask, &a->why);
	if (status == KF_NO_MEMORY)
		w->l->fault = true;
	if (status != KF_OK)
		fail(a, kf_status_text(status), NULL);
	return status == KF_OK;
}

/* told_size reads the answer of a conflict: a number alone, on a line. */
static bool told_size(uint64_t *out, const struct kf_http_answer *answer)
{
	char text[NUMBER_LEN + 2] = "", again[NUMBER_LEN + 2];

	if (strncmp(answer->type, "text/x.tlog.size",
		    strlen("text/x.tlog.size")) != 0 ||
	    answer->len == 0 || answer->len > NUMBER_LEN + 1)
		return false;
	memcpy(text, answer->data, answer->len);
	*out = strtoull(text, NULL, 10);
	snprintf(again, sizeof(again), "%" PRIu64 "\n", *out);
	return strlen(again) == answer->len && strcmp(text, again) == 0;
}

/* conflict takes an answer 409. Returns whether to ask again. */
static bool conflict(struct witnessing *w, struct asked *a,
		     const struct kf_http_answer *answer, bool again)
{
	uint64_t size = w->log->checkpoint.size, told = 0;
	bool has_told = told_size(&told, answer);
	char what[160];

	/* It is asked about just what it has seen, and still says no: its root
	 * is another one. It need not tell a size then. */
	if (a->old == size && (!has_told || told == size)) {
		snprintf(what, sizeof(what),
			 "it has seen another log of %" PRIu64 " entries",
			 size);
		find(a, "split-view", what);
	} else if (!has_told) {
		fail(a, "it answers 409, and not how many entries it has seen",
		     "is it the URL of a witness?");
	} else if (told > size) {
		snprintf(what, sizeof(what), "it has seen %" PRIu64
			 " entries, and the log has %" PRIu64, told, size);
		find(a, "log-behind", what);
	} else if (again || told == a->old) {
		fail(a, "it answers 409 to the very number that it told",
		     "somebody else may be asking it: try again");
	} else {
		a->old = told;
		return true;
	}
	return false;
}

/* refused words the other answers. */
static void refused(struct asked *a, unsigned code)
{
	char what[160];

	switch (code) {
	case NOT_FOUND:
		kf_fault_say(&a->why, "is the URL right? Its operator has to add the log's public key",
			     "it does not know this log (404)");
		break;
	case FORBIDDEN:
		kf_fault_say(&a->why, "its operator has to have the log's public key, as `keyfit ledger init` told it",
			     "it knows another key for this log (403)");
		break;
	case BAD_REQUEST:
		fail(a, "it cannot read what it is asked (400)",
		     "is it the URL of a witness?");
		break;
	case UNPROCESSABLE:
		snprintf(what, sizeof(what), "the log does not go on from the %"
			 PRIu64 " entries that it has seen (422)", a->old);
		find(a, "split-view", what);
		break;
	default:
		snprintf(what, sizeof(what), "it answers %u", code);
		fail(a, what, code / 100 == 3
		     ? "it sends elsewhere: name that URL"
		     : code / 100 == 5 ? "try again later"
		     : "is it the URL of a witness?");
	}
}

/* take verifies the lines of one witness, and keeps them. */
static void take(struct witnessing *w, struct asked *a, struct kf_bytes lines)
{
	struct kf_arena *arena = &w->l->work.arena;
	struct kf_damage damage = { NULL, 0 };
	struct kf_note_said said = { 0 };
	struct kf_bytes whole, more;
	struct kf_note note, anew;

	/* Lines alone: what is signed is the log's own text. */
	if (!kf_note_lines_read(&anew, lines, &damage)) {
		fail(a, "it answers no lines of signatures alone",
		     "is it the URL of a witness?");
		return;
	}
	whole = kf_checkpoint_join(w->log->checkpoint.note.text, false, lines,
				   arena);
	if (!whole.len) {
		w->l->fault = true;
		return;
	}
	if (!kf_note_read(&note, whole, &damage) ||
	    kf_note_ask(&said, &note, a->key, &w->l->work.env) != KF_OK) {
		w->l->fault = true;
		return;
	}
	if (said.answer != KF_YES) {
		kf_fault_say(&a->why, "is --witness the key of this URL's witness?",
			     "%s", said.answer == KF_NO
			     ? "its signature does not hold"
			     : "it has not signed: its answer is by other keys");
		return;
	}
	more = kf_ledger_put_lines(w->checkpoint, lines, a->key, 1, arena);
	if (!more.len) {
		w->l->fault = true;
		return;
	}
	w->checkpoint = more;
	a->time_s = said.time_s;
	a->cosigned = true;
}

/* ask asks one witness: once more, where it tells what it has seen. */
static void ask(struct witnessing *w, struct asked *a)
{
	struct kf_http_answer answer = { 0 };
	bool again = true;

	if (w->has_old)
		a->old = w->old;
	else if (kf_tlog_witness_seen(&a->old, w->log, a->key, &a->why) !=
		 KF_OK) {
		a->fault = true;
		return;
	}
	for (int i = 0; i < 2 && again; i++) {
		again = false;
		if (!post(&answer, w, a))
			return;
		if (answer.code == KF_HTTP_OK)
			take(w, a, kf_view(answer.data, answer.len));
		else if (answer.code == CONFLICT)
			again = conflict(w, a, &answer, i);
		else
			refused(a, answer.code);
		kf_http_close(&answer);
	}
}

static void tell_json(struct kf_ledger *l, const struct witnessing *w,
		      const struct asked *a)
{
	struct kf_json json = { .out = &l->out };

	kf_json_open(&json, NULL, '{');
	kf_json_foreign(&json, "witness", a->key->name);
	kf_json_foreign(&json, "url", kf_text(a->url));
	kf_json_yes_no(&json, "cosigned", a->cosigned);
	kf_json_number(&json, "size", w->log->checkpoint.size);
	if (a->cosigned)
		kf_json_time(&json, "time", (int64_t)a->time_s);
	if (a->finding)
		kf_json_text(&json, "finding", a->finding);
	if (!a->cosigned)
		kf_json_foreign(&json, "what", kf_text(a->why.what));
	kf_json_close(&json);
	kf_output_text(&l->out, "\n");
}

static void tell(struct kf_ledger *l, const struct witnessing *w,
		 const struct asked *a)
{
	char time[24];

	if (l->as_json) {
		tell_json(l, w, a);
		return;
	}
	if (a->finding)
		kf_output_print(&l->out, "FOUND  %s  ", a->finding);
	else
		kf_output_text(&l->out, a->cosigned ? "COSIGNED  "
						    : "NOT COSIGNED  ");
	kf_output_shown(&l->out, a->key->name);
	if (a->cosigned) {
		kf_time_write(time, (int64_t)a->time_s);
		kf_output_print(&l->out, "  %" PRIu64 " entries, at %s\n",
				w->log->checkpoint.size, time);
		return;
	}
	kf_output_text(&l->out, ": ");
	kf_output_shown(&l->out, kf_text(a->why.what));
	kf_output_text(&l->out, "\n");
	if (a->why.hint[0])
		kf_output_print(&l->out, "  hint  %s\n", a->why.hint);
}

/* end keeps what was signed, and says whether it is enough. */
static int end(struct witnessing *w)
{
	const struct kf_note_key *done[KF_LEDGER_KEYS_MAX];
	bool fault = false;
	size_t num = 0;
	int status = KF_EXIT_FITS;

	for (size_t i = 0; i < w->num; i++) {
		const struct asked *a = &w->asked[i];

		tell(w->l, w, a);
		w->l->finding |= a->finding != NULL;
		fault |= a->fault;
		if (a->cosigned)
			done[num++] = a->key;
	}
	if (w->l->finding || w->l->fault)
		return KF_EXIT_FITS;
	if (num)
		status = kf_ledger_keep(w->l, w->log, w->checkpoint, done,
					num);
	if (status != KF_EXIT_FITS || (num && num >= w->named.quorum))
		return status;
	kf_say(w->l->path, "too few witnesses have signed the checkpoint",
	       "those that did are kept: ask the others again");
	return fault ? KF_EXIT_FAULT : KF_EXIT_NOT;
}

int kf_ledger_witness(struct kf_ledger *l, struct kf_tlog *log)
{
	static struct witnessing w;
	int status;

	w.l = l;
	w.log = log;
	w.checkpoint = log->checkpoint.note.whole;
	status = read_words(&w);
	if (status != KF_EXIT_FITS)
		return status;
	for (size_t i = 0; i < w.num && !l->fault; i++)
		ask(&w, &w.asked[i]);
	return end(&w);
}
