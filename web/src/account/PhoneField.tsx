import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Field } from '../ui/Field';
import { Select } from '../ui/Select';
import { type CountryCode, guessCountry, loadPhones, type Phones } from './phone';

/** A phone number as somebody types it. */
export function usePhoneNumber() {
  const [phones, setPhones] = useState<Phones | null>(null);
  const [country, setCountry] = useState<CountryCode>(() => guessCountry(navigator.languages));
  const [text, setText] = useState('');
  useEffect(() => {
    let gone = false;
    loadPhones().then(
      (loaded) => gone || setPhones(loaded),
      // Typing works without them; sending loads them again, and tells when it cannot.
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, []);

  const type = (typed: string, atEnd: boolean) => {
    const foreign = phones?.countryOf(typed);
    if (foreign) setCountry(foreign);
    // Moving what stands behind the caret would be in the way, and so would putting back
    // what was just deleted.
    const grows = atEnd && typed.length > text.length;
    setText(phones && grows ? phones.format(typed, foreign ?? country) : typed);
  };
  const parse = async () => (await loadPhones()).e164(text, country);
  return { phones, country, setCountry, text, type, parse };
}

interface PhoneFieldProps {
  phone: ReturnType<typeof usePhoneNumber>;
  onEdit: () => void;
  error?: string | undefined;
  autoFocus?: boolean;
}

export function PhoneField({ phone, onEdit, error, autoFocus = false }: PhoneFieldProps) {
  const { t } = useTranslation();
  return (
    <>
      <Select
        label={t('account.phone.country')}
        value={phone.phones ? phone.country : ''}
        onChange={(country) => {
          phone.setCountry(country as CountryCode);
          onEdit();
        }}
        options={(phone.phones?.countries ?? []).map(({ code, calling, name }) => ({
          value: code,
          text: `${name} (+${calling})`,
        }))}
      />
      <Field
        label={t('account.phone.number')}
        name="phone"
        type="tel"
        value={phone.text}
        onChange={({ target }) => {
          phone.type(target.value, target.selectionStart === target.value.length);
          onEdit();
        }}
        autoComplete="tel"
        autoFocus={autoFocus}
        required
        error={error}
      />
    </>
  );
}
