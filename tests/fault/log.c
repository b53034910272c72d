/* Writes a log, for tests that kill it or fill its disk; `check` tells what is
 * there when all of it is as it was signed.
 *
 *   log init|append|check FOLDER [FIRST NUM]
 */
#include "tests/signer.h"

#include "host/tlog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct kf_fault why;
static const struct kf_crypto *crypto;
static struct kf_tlog_signer signer;

static int told(enum kf_status status)
{
	if (status != KF_OK)
		fprintf(stderr, "log: %s\n", why.what);
	return status == KF_OK ? 0 : 4;
}

/* append makes entries durable one by one, tells each, and then publishes. */
static enum kf_status append(const char *folder, unsigned first, unsigned num)
{
	const struct kf_tlog_place place = { folder, 5 };
	struct kf_tlog_writer *w;
	enum kf_status status;

	status = kf_tlog_write_open(&w, &place, &signer, crypto, &why);
	for (unsigned i = 0; i < num && status == KF_OK; i++) {
		char text[32];
		uint64_t index;
		int len = snprintf(text, sizeof(text), "entry %u", first + i);
		struct kf_bytes entry = kf_view(text, (size_t)len);

		status = kf_tlog_append(&index, w, &entry, 1, &why);
		if (status == KF_OK) {
			printf("%llu %s\n", (unsigned long long)index, text);
			fflush(stdout);
		}
	}
	if (status == KF_OK)
		status = kf_tlog_publish(w, &why);
	if (status == KF_OK)
		printf("published\n");
	kf_tlog_write_close(w);
	return status;
}

static enum kf_status tell(void *self, uint64_t index, struct kf_bytes entry)
{
	printf("%llu %.*s\n", (unsigned long long)index, (int)entry.len,
	       (const char *)entry.data);
	return KF_OK;
}

static enum kf_status check(const char *folder)
{
	const struct kf_tlog_visitor visitor = { tell, NULL };
	struct kf_tlog log;
	enum kf_status status;

	status = kf_tlog_open(&log, folder, &signer.note, crypto, &why);
	if (status == KF_OK && !log.wrong.what[0])
		status = kf_tlog_scan(&log, &visitor, &why);
	if (status == KF_OK && log.wrong.what[0]) {
		kf_fault_say(&why, NULL, "%s", log.wrong.what);
		status = KF_WRONG_USE;
	}
	if (status == KF_OK)
		printf("size %llu\n",
		       (unsigned long long)log.checkpoint.size);
	kf_tlog_close(&log);
	return status;
}

int main(int argc, char **argv)
{
	struct kf_signing_key key;

	crypto = kf_openssl_open(&why);
	if (argc < 3 || !crypto || !signer_open(&key, "log") ||
	    kf_tlog_signer_of(&signer, &key, "log.example/killed", crypto,
			      &why) != KF_OK)
		return 2;
	if (strcmp(argv[1], "init") == 0)
		return told(kf_tlog_init(argv[2], &signer, crypto, &why));
	if (strcmp(argv[1], "append") == 0 && argc == 5)
		return told(append(argv[2], (unsigned)atoi(argv[3]),
				   (unsigned)atoi(argv[4])));
	return told(check(argv[2]));
}
