/* keyfit matrix: which devices of a fleet take which release?
 */
#include "matrix_change.h"
#include "matrix_ends.h"
#include "matrix_html.h"

#include "say.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* asked is what was asked, and all that it takes to answer. */
struct asked {
	const struct kf_arguments *arguments;
	const struct kf_matrix_form *form;
	struct kf_matrix matrix;
	struct kf_matrix after;		/* the changes */
	struct kf_planned planned;
	int turned;			/* the status for what they turn */
	struct kf_signer signer;
	struct kf_render render;
	bool fail_on_reject, fail_on_unknown;
	bool expires;
	int64_t life_s;		/* it has to last until then */
	bool too_short;
};

static const struct kf_option options[] = {
	KF_ASK_FLEET,
	KF_ASK_GROUP,
	KF_ASK_INSTALLED,
	{ "at", KF_VALUE_ANY, "TIME", false,
	  "judge at another time: 2028-05-15, 2028-05-15T12:00:00Z, @SECONDS" },
	{ "signed-by", KF_VALUE_FILE, "CERTIFICATE", false,
	  "as if this certificate had signed the files, and nobody else" },
	{ "change", KF_VALUE_PART, "CHANGE", true,
	  "what it would change: db+=FILE, dbx=none, an update, keyring=FILE" },
	{ "expires", KF_VALUE_NONE, NULL, false,
	  "until when each device takes them, and what ends then" },
	{ "min-life", KF_VALUE_ANY, "SPAN", false,
	  "with --expires: fail where it ends before 25mo, 2y, 90d are over" },
	{ "fail-on", KF_VALUE_ANY, "WHAT", false,
	  "what ends with another status than 0: unknown (it, and reject), reject, never" },
	{ "devices", KF_VALUE_NONE, NULL, false,
	  "name all devices that do not take a file" },
	{ "counts", KF_VALUE_NONE, NULL, false,
	  "counts and reasons alone: no proof, no remedies, no names" },
	{ "json", KF_VALUE_NONE, NULL, false, "one JSON object a line" },
	{ "csv", KF_VALUE_NONE, NULL, false, "CSV" },
	{ "sarif", KF_VALUE_NONE, NULL, false, "one SARIF 2.1.0 document" },
	{ "html", KF_VALUE_FILE, "FILE", false,
	  "write one page for people there, which needs nothing else" },
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit matrix 2026.11 --fleet fleet.db",
	"keyfit matrix shimx64.efi grubx64.efi --fleet fleet.db --group beta",
	"keyfit matrix 2026.11 --fleet fleet.db --at 2028-05-15 --fail-on reject",
	"keyfit matrix 2026.11 --fleet fleet.db --change dbx+=uefi-ca-2011.der",
	"keyfit matrix update.raucb --fleet fleet.db --expires --min-life 25mo",
	"keyfit matrix --signed-by new-key.pem --fleet fleet.db",
	NULL,
};

static int pick_form(struct asked *q)
{
	static const struct kf_matrix_form *const forms[] = {
		&kf_matrix_json, &kf_matrix_csv, &kf_matrix_sarif,
	};

	q->form = &kf_matrix_text;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (!kf_argument(q->arguments, forms[i]->name))
			continue;
		if (q->form != &kf_matrix_text) {
			kf_say(NULL, "one form of answer at a time",
			       "choose one of --json, --csv, --sarif");
			return KF_EXIT_USAGE;
		}
		q->form = forms[i];
	}
	if (kf_argument(q->arguments, "change") &&
	    q->form != &kf_matrix_text && q->form != &kf_matrix_json) {
		kf_say(NULL, "--change goes with text and --json alone", NULL);
		return KF_EXIT_USAGE;
	}
	if (kf_argument(q->arguments, "expires") &&
	    q->form == &kf_matrix_sarif) {
		kf_say(NULL, "--expires goes with text, --json, --csv and --html",
		       NULL);
		return KF_EXIT_USAGE;
	}
	if (kf_argument(q->arguments, "expires") &&
	    kf_argument(q->arguments, "change")) {
		kf_say(NULL, "--expires and --change are two questions",
		       "ask one at a time");
		return KF_EXIT_USAGE;
	}
	q->matrix.names = !kf_argument(q->arguments, "counts");
	q->matrix.remedies = q->matrix.names;
	if ((q->form == &kf_matrix_sarif ||
	     kf_argument(q->arguments, "html")) && !q->matrix.names) {
		kf_say("--counts", "does not go with --sarif and --html",
		       NULL);
		return KF_EXIT_USAGE;
	}
	return KF_EXIT_FITS;
}

static int read_options(struct asked *q)
{
	const char *fail = kf_argument(q->arguments, "fail-on");
	const char *life = kf_argument(q->arguments, "min-life");

	if (kf_argument_time(&q->matrix.at_s, q->arguments) != KF_EXIT_FITS)
		return KF_EXIT_USAGE;
	q->expires = kf_argument(q->arguments, "expires");
	q->life_s = q->matrix.at_s;
	if (life && (!q->expires ||
		     !kf_life_read(&q->life_s, q->matrix.at_s, life))) {
		kf_say(life, q->expires ? "is no span of time"
		       : "is asked of --expires alone",
		       "--expires --min-life 25mo, 2y or 90d");
		return KF_EXIT_USAGE;
	}
	q->fail_on_unknown = !fail || strcmp(fail, "unknown") == 0;
	q->fail_on_reject = q->fail_on_unknown || strcmp(fail, "reject") == 0;
	if (!q->fail_on_reject && strcmp(fail, "never") != 0) {
		kf_say(fail, "is nothing to fail on",
		       "--fail-on unknown, reject or never");
		return KF_EXIT_USAGE;
	}
	if (q->arguments->num_operands ||
	    kf_argument(q->arguments, "signed-by"))
		return KF_EXIT_FITS;
	kf_say(NULL, "no release",
	       "usage: keyfit matrix RELEASE... --fleet FLEET [OPTION...]");
	return KF_EXIT_USAGE;
}

/* adding is a stored release while its files are added. */
struct adding {
	struct kf_matrix *matrix;
	const char *release;
	int status;
};

static enum kf_status add_stored(void *self,
				 const struct kf_fleet_artifact *a,
				 struct kf_fault *why)
{
	struct adding *adding = self;
	char *path = strndup((const char *)a->path.data, a->path.len);

	if (!path) {
		kf_fault_say(why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	if (adding->status == KF_EXIT_FITS)
		adding->status = kf_matrix_add(adding->matrix,
					       adding->release, path,
					       &a->sha256);
	free(path);
	return KF_OK;
}

/* add takes an operand: a release that the fleet has, else a file. */
static int add(struct asked *q, const char *operand)
{
	struct kf_matrix *m = &q->matrix;
	struct kf_matrix_release *r = &m->release[m->num_releases++];
	struct adding adding = { m, operand, KF_EXIT_FITS };
	struct kf_fault why = { "", "" };
	enum kf_status status;

	r->name = operand ? operand : "any file";
	r->first = m->num_files;
	if (!operand)
		adding.status = kf_matrix_add(m, NULL, NULL, NULL);
	status = operand ? kf_fleet_releases(m->fleet, operand, add_stored,
					     &adding, &why) : KF_OK;
	if (status != KF_OK)
		return kf_say_failure(operand, status, &why);
	if (adding.status != KF_EXIT_FITS)
		return adding.status;
	r->num = m->num_files - r->first;
	if (r->num)
		return KF_EXIT_FITS;
	if (access(operand, F_OK) != 0) {
		kf_say(operand, "is no release of the fleet, and no file",
		       "keyfit fleet release list names the releases");
		return KF_EXIT_USAGE;
	}
	r->num = 1;
	return kf_matrix_add(m, NULL, operand, NULL);
}

/* prepare opens all that is asked about. */
static int prepare(struct asked *q)
{
	const char *signer = kf_argument(q->arguments, "signed-by");
	size_t num = q->arguments->num_operands;
	struct kf_fault why = { "", "" };
	enum kf_status status = KF_OK;
	int exit_status;

	q->matrix.crypto = kf_openssl_open(&why);
	if (!q->matrix.crypto)
		return kf_say_failure(NULL, KF_NO_CRYPTO, &why);
	if (signer)
		status = kf_signer_read(&q->signer, signer, q->matrix.crypto,
					&why);
	if (status != KF_OK)
		return kf_say_failure(signer, status, &why);
	q->matrix.signer = &q->signer;
	q->matrix.choice = kf_ask_choice(q->arguments);
	q->matrix.release = calloc(num + 1, sizeof(*q->matrix.release));
	if (!q->matrix.release) {
		kf_say(NULL, "out of memory", NULL);
		return KF_EXIT_FAULT;
	}
	exit_status = kf_ask_fleet(&q->matrix.fleet, q->arguments, KF_DB_READ,
				   q->matrix.crypto);
	if (exit_status == KF_EXIT_FITS)
		status = kf_fleet_look(q->matrix.fleet, &why);
	if (status != KF_OK)
		return kf_say_failure(NULL, status, &why);
	for (size_t n = 0; n < num && exit_status == KF_EXIT_FITS; n++)
		exit_status = add(q, q->arguments->operand[n]);
	if (exit_status == KF_EXIT_FITS && num == 0)
		exit_status = add(q, NULL);
	if (exit_status == KF_EXIT_FITS)
		exit_status = kf_planned_read(&q->planned, q->arguments,
					      q->matrix.crypto,
					      q->matrix.at_s);
	return exit_status;
}

/* verdict is the exit status for what was found. */
static int verdict(const struct asked *q)
{
	bool seen[KF_NUM_ANSWERS] = { false };

	if (kf_argument(q->arguments, "change"))
		return q->turned;
	for (size_t n = 0; n < q->matrix.num_cells; n++)
		seen[q->matrix.cell[n].answer] = true;
	if (seen[KF_MATRIX_FAULT])
		return KF_EXIT_FAULT;
	if (q->too_short || (seen[KF_REJECT] && q->fail_on_reject))
		return KF_EXIT_NOT;
	if (seen[KF_UNDECIDED] && q->fail_on_unknown)
		return KF_EXIT_UNKNOWN;
	return KF_EXIT_FITS;
}

/* write_page writes the page, with the last days where they were asked for. */
static enum kf_status write_page(struct asked *q, const struct kf_ends *ends,
				 const struct kf_losses *losses,
				 struct kf_fault *why)
{
	const char *html = kf_argument(q->arguments, "html");
	struct kf_matrix *m = &q->matrix;
	enum kf_status status = m->names ? kf_matrix_name(m, why) : KF_OK;

	if (status == KF_OK)
		status = kf_matrix_order(m, why);
	return status == KF_OK && html
		? kf_matrix_html(m, ends, losses, html, why) : status;
}

/* page_alone: the page takes the place of the answer. */
static bool page_alone(const struct asked *q)
{
	const char *html = kf_argument(q->arguments, "html");

	return html && strcmp(html, "-") == 0;
}

/* write_ends tells until when the files are taken, and what ends with the
 * anchors. */
static enum kf_status write_ends(struct asked *q, struct kf_fault *why)
{
	bool devices = kf_argument(q->arguments, "devices");
	struct kf_losses losses = { 0 };
	struct kf_ends ends;
	enum kf_status status = kf_ends_find(&ends, &q->matrix, why);

	if (status == KF_OK)
		status = kf_losses_find(&losses, &q->matrix, why);
	if (status == KF_OK && kf_argument(q->arguments, "html"))
		status = write_page(q, &ends, &losses, why);
	if (status == KF_OK && !page_alone(q))
		status = kf_ends_write(&ends, &losses, &q->matrix, &q->render,
				       q->form->name, devices, why);
	q->too_short = kf_ends_before(&ends, q->life_s);
	kf_losses_close(&losses);
	kf_ends_close(&ends);
	return status;
}

/* write_turns tells what the planned changes would do. */
static enum kf_status write_turns(struct asked *q, struct kf_fault *why)
{
	struct kf_matrix *m = &q->matrix, *after = &q->after;
	struct kf_turns turns;
	enum kf_status status;

	after->fleet = m->fleet;
	after->crypto = m->crypto;
	after->signer = m->signer;
	after->choice = m->choice;
	after->at_s = m->at_s;
	after->planned = &q->planned;
	after->release = calloc(m->num_releases + 1, sizeof(*m->release));
	if (!after->release) {
		kf_fault_say(why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	after->num_releases = m->num_releases;
	for (size_t n = 0; n < m->num_releases; n++)
		after->release[n].name = m->release[n].name;
	status = kf_turns_find(&turns, m, after, why);
	if (status == KF_OK)
		status = kf_turns_write(&turns, m, after, &q->render,
					q->form->name,
					kf_argument(q->arguments, "devices"),
					why);
	if (status == KF_OK)
		q->turned = kf_turns_worst(&turns, m, after);
	kf_turns_close(&turns);
	/* These are the first one's to release. */
	after->class = NULL;
	after->num_files = 0;
	return status;
}

/* write_all writes what was asked for. */
static enum kf_status write_all(struct asked *q, struct kf_fault *why)
{
	enum kf_status status;

	if (q->expires)
		return write_ends(q, why);
	if (kf_argument(q->arguments, "change"))
		return write_turns(q, why);
	status = write_page(q, NULL, NULL, why);
	return status != KF_OK || page_alone(q) ? status
		: q->form->write(&q->matrix, &q->render,
				 kf_argument(q->arguments, "devices"), why);
}

/* say_faults tells of what could not be judged. */
static void say_faults(const struct kf_matrix *m)
{
	for (size_t n = 0; n < m->num_cells; n++)
		if (m->cell[n].answer == KF_MATRIX_FAULT)
			kf_say(m->cell[n].file->path,
			       kf_status_text(m->cell[n].fault), NULL);
}

static int answer(struct asked *q)
{
	struct kf_matrix *m = &q->matrix;
	struct kf_fault why = { "", "" };
	enum kf_status status = kf_matrix_run(m, &why);

	if (status == KF_OK && m->num_classes == 0) {
		kf_say(NULL, "no device of the fleet is meant",
		       "keyfit fleet list shows what it has");
		return KF_EXIT_USAGE;
	}
	if (status == KF_OK)
		status = write_all(q, &why);
	if (status == KF_OK)
		status = kf_output_flush(&q->render.out, STDOUT_FILENO, &why);
	for (size_t n = 0; n < m->num_given && status == KF_OK; n++)
		if (m->file[n]->path[0] && !kf_file_same(&m->file[n]->file)) {
			kf_say(m->file[n]->path, "was changed meanwhile",
			       "ask again");
			return KF_EXIT_FAULT;
		}
	if (status == KF_OK) {
		say_faults(m);
		return verdict(q);
	}
	/* All that was asked is right, whatever the status says. */
	if (!why.what[0])
		kf_fault_say(&why, NULL, "%s", kf_status_text(status));
	kf_say_fault(NULL, &why);
	return KF_EXIT_FAULT;
}

static int run(const struct kf_arguments *arguments)
{
	static struct asked q;
	int status;

	q.arguments = arguments;
	status = pick_form(&q);
	if (status == KF_EXIT_FITS)
		status = read_options(&q);
	if (status == KF_EXIT_FITS)
		status = prepare(&q);
	if (q.form == &kf_matrix_text)
		kf_render_terminal(&q.render);
	if (status == KF_EXIT_FITS)
		status = answer(&q);
	kf_output_close(&q.render.out);
	kf_output_close(&q.render.later);
	kf_matrix_close(&q.after);
	kf_matrix_close(&q.matrix);
	kf_planned_close(&q.planned);
	kf_fleet_close(q.matrix.fleet);
	kf_signer_close(&q.signer);
	kf_openssl_close(q.matrix.crypto);
	return status;
}

const struct kf_command kf_cmd_matrix = {
	.operands = "RELEASE...",
	.operand_kind = KF_VALUE_FILE,
	.options = options,
	.examples = examples,
	.run = run,
};
