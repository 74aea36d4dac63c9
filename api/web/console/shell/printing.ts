import { onScopeDispose, ref } from 'vue';

/** Whether the page is being printed, or shown as it would be. */
export function usePrinting() {
  const media = matchMedia('print');
  const isPrinting = ref(media.matches);
  const look = () => {
    isPrinting.value = media.matches;
  };
  media.addEventListener('change', look);
  onScopeDispose(() => media.removeEventListener('change', look));
  return isPrinting;
}
