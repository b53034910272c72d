/* Each case of a script in a boot of its own, with its lists written into the
 * variable store file: for what SetVariable refuses, and for Secure Boot off.
 * It takes cases of whole files alone.
 */
#include "lab.h"
#include "script.h"

#include "host/flash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct boots {
	const struct kf_lab_firmware *firmware;
	struct kf_script script;
	struct kf_text_file empty;
	uint8_t *vars;
	struct kf_store store;
	struct kf_bytes base;
};

/* file_of gives the file behind a number. */
static struct kf_bytes file_of(const struct boots *b, const char *number)
{
	size_t n = strtoul(number, NULL, 10);

	return n && n <= b->script.num_files ? b->script.file[n - 1].bytes
					     : kf_view(NULL, 0);
}

static bool put_part(struct boots *b, const char *name, const char *value)
{
	struct kf_part part = { .name = name, .presence = KF_PRESENT };

	if (strcmp(value, "none") == 0)
		return true;
	part.bytes = file_of(b, value);
	return kf_store_put(&b->store, &part);
}

/* take_store reads "store mode=M db=N dbx=N dbt=N". A device in user mode has
 * a PK, which the firmware does not look into when it starts. */
static bool take_store(struct boots *b, const char *line)
{
	char mode[16], db[16], dbx[16], dbt[16];
	const char *from = strchr(line, ' ');

	memset(&b->store, 0, sizeof(b->store));
	b->store.complete = true;
	if (!from || sscanf(from, " mode=%15s db=%15s dbx=%15s dbt=%15s",
			    mode, db, dbx, dbt) != 4)
		return false;
	if (strcmp(mode, "off") == 0 &&
	    !kf_store_set(&b->store, "secure-boot", "off"))
		return false;
	return (strcmp(mode, "setup") == 0 || put_part(b, "pk", "1")) &&
	       put_part(b, "db", db) && put_part(b, "dbx", dbx) &&
	       put_part(b, "dbt", dbt);
}

static enum kf_status boot(struct boots *b, size_t line, kf_lab_tell *tell,
			   void *self, struct kf_fault *why)
{
	struct kf_lab_answer answer;
	struct kf_bytes vars = kf_view(b->vars, b->empty.bytes.len);
	enum kf_status status = kf_flash_write(b->vars, b->empty.bytes,
					       &b->store, why);

	if (status == KF_OK)
		status = kf_lab_boot(&answer, b->firmware, b->base, vars,
				     why);
	if (status != KF_OK)
		return status;
	kf_script_id(answer.id, &b->script, line);
	tell(self, &answer);
	return KF_OK;
}

static enum kf_status do_line(struct boots *b, size_t i, kf_lab_tell *tell,
			      void *self, struct kf_fault *why)
{
	const struct kf_script_line *line = &b->script.line[i];
	char words[256];

	snprintf(words, sizeof(words), "%.*s", (int)line->len,
		 b->script.text + line->at);
	words[strcspn(words, "\n")] = '\0';
	if (line->kind == 'b') {
		b->base = file_of(b, words + 5);
		return KF_OK;
	}
	if (line->kind == 'c' && !strchr(words + 5, ' '))
		return boot(b, i, tell, self, why);
	if (line->kind == 's' && take_store(b, words))
		return KF_OK;
	kf_fault_say(why, NULL, "not for a boot of its own: %.100s", words);
	return KF_WRONG_USE;
}

enum kf_status kf_lab_boots(const struct kf_lab_firmware *firmware,
			    struct kf_bytes script, const char *folder,
			    kf_lab_tell *tell, void *self,
			    struct kf_fault *why)
{
	struct boots b = { .firmware = firmware };
	enum kf_status status = kf_script_read(&b.script, script, folder,
					       why);

	if (status == KF_OK)
		status = kf_text_file_read(&b.empty, firmware->vars, 16 << 20,
					   why);
	if (status == KF_OK) {
		b.vars = malloc(b.empty.bytes.len + 1);
		if (!b.vars)
			status = KF_NO_MEMORY;
	}
	for (size_t i = 0; status == KF_OK && i < b.script.num_lines; i++)
		status = do_line(&b, i, tell, self, why);
	free(b.vars);
	kf_text_file_close(&b.empty);
	kf_script_close(&b.script);
	return status;
}
