/* The floor: what an answer about files cannot do without. Maps each file,
 * hashes it once with SHA-256, and verifies one RSA-2048 signature.
 *
 *   floor FILE... KEY.der SIGNATURE MESSAGE
 *
 * Prints the digests. The key and the signature are made by bench/run.
 */
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct mapped {
	unsigned char *data;
	size_t len;
};

static struct mapped map(const char *path)
{
	struct mapped m = { NULL, 0 };
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		exit(4);
	m.len = (size_t)st.st_size;
	m.data = mmap(NULL, m.len, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (m.data == MAP_FAILED)
		exit(4);
	return m;
}

static int verify(struct mapped key, struct mapped sig, struct mapped message)
{
	const unsigned char *p = key.data;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)key.len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = pkey && ctx &&
		 EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) ==
			 1 &&
		 EVP_DigestVerify(ctx, sig.data, sig.len, message.data,
				  message.len) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return ok;
}

static void hash(struct mapped file)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len;

	if (!EVP_Digest(file.data, file.len, digest, &len, EVP_sha256(), NULL))
		exit(4);
	for (unsigned i = 0; i < len; i++)
		printf("%02x", digest[i]);
	printf("\n");
}

int main(int argc, char **argv)
{
	char **key = argv + argc - 3;

	if (argc < 5)
		return 2;
	for (char **file = argv + 1; file < key; file++)
		hash(map(*file));
	return verify(map(key[0]), map(key[1]), map(key[2])) ? 0 : 1;
}
