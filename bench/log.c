/* The floor of the ledger, and the ledger: leaves durable before each reply.
 *
 *   log floor|keyfit LEAVES BATCH FOLDER
 *   log proofs LEAVES FOLDER
 *
 * The floor hashes each leaf as RFC 6962 has it, keeps a running frontier,
 * writes the entries to one file and calls fdatasync after each batch. keyfit
 * appends by the same batches to a log of its own, and publishes all of them at
 * the end. `proofs` tells what proofs weigh, and how many tiles they take.
 */
#include "tests/signer.h"

#include "host/tlog.h"

#include <openssl/evp.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ENTRY_LEN = 256, BATCH_MAX = 4096, PROOFS = 1000 };

static struct kf_fault why;

static void entry_of(char out[ENTRY_LEN], unsigned long i)
{
	memset(out, 'x', ENTRY_LEN);
	out[snprintf(out, ENTRY_LEN, "{\"entry\":%lu,", i)] = '"';
}

static void sha256(unsigned char out[32], EVP_MD_CTX *ctx, int prefix,
		   const void *data, size_t len)
{
	unsigned char byte = (unsigned char)prefix;

	if (!EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) ||
	    !EVP_DigestUpdate(ctx, &byte, 1) ||
	    !EVP_DigestUpdate(ctx, data, len) ||
	    !EVP_DigestFinal_ex(ctx, out, NULL))
		exit(4);
}

static int floor_of(unsigned long leaves, unsigned long batch,
		    const char *folder)
{
	static char buffer[BATCH_MAX][ENTRY_LEN];
	unsigned char edge[64][32], pair[64];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/floor", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (fd < 0 || !ctx)
		return 4;
	for (unsigned long i = 0; i < leaves; i++) {
		char *entry = buffer[i % batch];
		unsigned char hash[32];
		unsigned level = 0;

		entry_of(entry, i);
		sha256(hash, ctx, 0, entry, ENTRY_LEN);
		for (; i >> level & 1; level++) {
			memcpy(pair, edge[level], 32);
			memcpy(pair + 32, hash, 32);
			sha256(hash, ctx, 1, pair, 64);
		}
		memcpy(edge[level], hash, 32);
		if ((i + 1) % batch == 0 &&
		    (write(fd, buffer, batch * ENTRY_LEN) < 0 ||
		     fdatasync(fd) != 0))
			return 4;
	}
	EVP_MD_CTX_free(ctx);
	return close(fd) == 0 ? 0 : 4;
}

/* log_open makes a log that nobody has yet. */
static struct kf_tlog_writer *log_open(char path[4096], const char *folder,
				       const struct kf_tlog_signer *signer,
				       const struct kf_crypto *crypto)
{
	const struct kf_tlog_place place = { path, 0 };
	struct kf_tlog_writer *w = NULL;

	snprintf(path, 4096, "%s/log-%ld", folder, (long)getpid());
	if (kf_tlog_init(path, signer, crypto, &why) != KF_OK ||
	    kf_tlog_write_open(&w, &place, signer, crypto, &why) != KF_OK)
		return NULL;
	return w;
}

static enum kf_status fill(struct kf_tlog_writer *w, unsigned long leaves,
			   unsigned long batch)
{
	static char buffer[BATCH_MAX][ENTRY_LEN];
	static struct kf_bytes entry[BATCH_MAX];
	enum kf_status status = KF_OK;
	uint64_t index;

	for (unsigned long i = 0; i < leaves && status == KF_OK; i++) {
		entry_of(buffer[i % batch], i);
		entry[i % batch] = kf_view(buffer[i % batch], ENTRY_LEN);
		if ((i + 1) % batch == 0)
			status = kf_tlog_append(&index, w, entry, batch,
						&why);
	}
	return status == KF_OK ? kf_tlog_publish(w, &why) : status;
}

/* proofs opens the log anew for each of them. */
static int proofs(const char *path, const struct kf_tlog_signer *signer,
		  const struct kf_crypto *crypto)
{
	static struct kf_tlog log;
	size_t most_bytes = 0, most_tiles = 0;

	for (unsigned long i = 0; i < PROOFS; i++) {
		struct kf_proof proof = { .num = 0 };
		char entry[ENTRY_LEN];
		struct kf_hash leaf;
		uint64_t index;

		if (kf_tlog_open(&log, path, &signer->note, crypto, &why) !=
		    KF_OK)
			return 4;
		index = i * 2654435761u % log.checkpoint.size;
		entry_of(entry, index);
		if (kf_hash_leaf(&leaf, crypto, kf_view(entry, ENTRY_LEN)) !=
			    KF_OK ||
		    kf_tlog_prove(&proof, &log, index, &leaf, &why) != KF_OK ||
		    log.wrong.what[0])
			return 4;
		if (proof.num * KF_HASH_LEN > most_bytes)
			most_bytes = proof.num * KF_HASH_LEN;
		if (log.tiles_read > most_tiles)
			most_tiles = log.tiles_read;
		kf_tlog_close(&log);
	}
	printf("%d proofs, each verified: at most %zu bytes of hashes, %zu tiles read\n",
	       PROOFS, most_bytes, most_tiles);
	return most_bytes <= 640 && most_tiles <= 3 ? 0 : 1;
}

static int keyfit(unsigned long leaves, unsigned long batch,
		  const char *folder, bool prove)
{
	const struct kf_crypto *crypto = kf_openssl_open(&why);
	struct kf_signing_key key = { 0 };
	struct kf_tlog_signer signer;
	struct kf_tlog_writer *w;
	char path[4096];
	int status = 4;

	if (!crypto || !signer_open(&key, "bench") ||
	    kf_tlog_signer_of(&signer, &key, "log.example/bench", crypto,
			      &why) != KF_OK)
		return 4;
	w = log_open(path, folder, &signer, crypto);
	if (w && fill(w, leaves, batch) == KF_OK)
		status = 0;
	kf_tlog_write_close(w);
	if (status == 0 && prove)
		status = proofs(path, &signer, crypto);
	if (why.what[0])
		fprintf(stderr, "log: %s\n", why.what);
	kf_signing_key_close(&key);
	kf_openssl_close(crypto);
	return status;
}

int main(int argc, char **argv)
{
	unsigned long leaves = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	unsigned long batch = argc > 4 ? strtoul(argv[3], NULL, 10) : 1000;

	if (argc < 4 || batch == 0 || batch > BATCH_MAX)
		return 2;
	if (strcmp(argv[1], "floor") == 0)
		return floor_of(leaves, batch, argv[argc - 1]);
	return keyfit(leaves, batch, argv[argc - 1],
		      strcmp(argv[1], "proofs") == 0);
}
