/* The functions that the compiler itself asks for.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *out, const void *from, size_t len);
void *memset(void *out, int value, size_t len);
int memcmp(const void *a, const void *b, size_t len);

void *memcpy(void *out, const void *from, size_t len)
{
	void *to = out;

	size_t words = len / 8;

	len %= 8;
	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : :
			 "memory");
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(len) : :
			 "memory");
	return out;
}

void *memset(void *out, int value, size_t len)
{
	void *to = out;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(len) : "a"(value) :
			 "memory");
	return out;
}

int memcmp(const void *a, const void *b, size_t len)
{
	const uint8_t *x = a, *y = b;

	for (size_t i = 0; i < len; i++)
		if (x[i] != y[i])
			return x[i] - y[i];
	return 0;
}
