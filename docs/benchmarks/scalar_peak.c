/* Twelve independent chains of scalar multiply-adds:
   two units with a latency of four cycles need eight. */
double chains(long n) {
    const double x = 0.999999, y = 1e-6;
    double a = 0, b = 1, c = 2, d = 3, e = 4, f = 5, g = 6, h = 7, i = 8, j = 9, k = 10, l = 11;
    for (; n > 0; n--) {
        a = a * x + y;
        b = b * x + y;
        c = c * x + y;
        d = d * x + y;
        e = e * x + y;
        f = f * x + y;
        g = g * x + y;
        h = h * x + y;
        i = i * x + y;
        j = j * x + y;
        k = k * x + y;
        l = l * x + y;
    }
    return a + b + c + d + e + f + g + h + i + j + k + l;
}
