/* What a log's writer remembers of witnesses: how much each has seen. It may be
 * wrong: the witness tells better, and is believed.
 */
#include "tlog_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_LEN = 24 };

/* name_of is the file of one witness. */
static void name_of(char out[KF_TLOG_NAME_LEN],
		    const struct kf_note_key *witness)
{
	const uint8_t *id = witness->id;

	snprintf(out, KF_TLOG_NAME_LEN,
		 KF_TLOG_STATE "/witness-%02x%02x%02x%02x", id[0], id[1],
		 id[2], id[3]);
}

enum kf_status kf_tlog_witness_seen(uint64_t *size, const struct kf_tlog *log,
				    const struct kf_note_key *witness,
				    struct kf_fault *why)
{
	char name[KF_TLOG_NAME_LEN], text[NUMBER_LEN + 1] = "", *end;
	struct kf_tlog_file file = { 0 };
	enum kf_status status;

	*size = 0;
	name_of(name, witness);
	status = kf_tlog_file_read(&file, log->folder, name, NUMBER_LEN, why);
	if (status == KF_OK && file.data) {
		memcpy(text, file.data, file.len);
		*size = strtoull(text, &end, 10);
		if (*end != '\n' || *size > log->checkpoint.size)
			*size = 0;
	}
	kf_tlog_file_close(&file);
	return status;
}

enum kf_status kf_tlog_witness_saw(struct kf_tlog_writer *w,
				   const struct kf_note_key *witness,
				   struct kf_fault *why)
{
	char name[KF_TLOG_NAME_LEN], text[NUMBER_LEN];
	int len = snprintf(text, sizeof(text), "%" PRIu64 "\n",
			   w->log.checkpoint.size);

	name_of(name, witness);
	return kf_tlog_file_write(w->log.folder, name,
				  kf_view(text, (size_t)len), why);
}
