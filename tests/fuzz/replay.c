#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Stands in for the fuzzer's main: runs every file given once.  With
 * libFuzzer (make fuzz) this file is not linked.
 */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
main(int argc, char **argv)
{
	uint8_t	*p;
	FILE	*f;
	long	 n;
	int	 i;

	for (i = 1; i < argc; i++) {
		if ((f = fopen(argv[i], "rb")) == NULL ||
		    fseek(f, 0, SEEK_END) != 0 || (n = ftell(f)) < 0 ||
		    fseek(f, 0, SEEK_SET) != 0 ||
		    (p = malloc((size_t)n + 1)) == NULL ||
		    fread(p, 1, (size_t)n, f) != (size_t)n) {
			perror(argv[i]);
			return 1;
		}
		fclose(f);
		(void)LLVMFuzzerTestOneInput(p, (size_t)n);
		free(p);
	}
	return 0;
}
